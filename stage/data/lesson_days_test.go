package data

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// year is one that has no 29th of February.
const year = 2023

// calendarAnswer answers a problem of the calendar by package time.
func calendarAnswer(t *testing.T, level int, lang, prompt string) string {
	t.Helper()
	var days []time.Time
	found := regexp.MustCompile(`(\d+)月(\d+)日`).FindAllStringSubmatch(prompt, -1)
	if lang == "en" {
		found = regexp.MustCompile(`([A-Z][a-z]+) (\d+)\b`).FindAllStringSubmatch(prompt, -1)
	}
	for _, m := range found {
		month := slices.Index(months, m[1])
		if lang == "zh" {
			month, _ = strconv.Atoi(m[1])
		}
		if month < 1 {
			continue
		}
		day, _ := strconv.Atoi(m[2])
		days = append(days, time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC))
		prompt = strings.Replace(prompt, m[0], "", 1)
	}
	week := 0
	for i, name := range weekdays[lang][1:] {
		if strings.Contains(prompt, name) {
			week = i + 1
		}
	}
	n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(prompt))
	const day = 24 * time.Hour
	// In the second phrasing of level 3 in Chinese and English the later date may stand first.
	if len(days) == 2 && days[0].After(days[1]) {
		days[0], days[1] = days[1], days[0]
	}
	switch level {
	case 1:
		return weekdays[lang][(week+n)%7]
	case 2:
		d := days[0].Add(time.Duration(n) * day)
		if lang == "zh" {
			return fmt.Sprintf("%d月%d日", d.Month(), d.Day())
		}
		return d.Format("January 2")
	case 3:
		return strconv.Itoa(int(days[1].Sub(days[0]) / day))
	}
	return weekdays[lang][(week+int(days[1].Sub(days[0])/day))%7]
}

// unitAnswer answers a problem of units from its words alone.
func unitAnswer(t *testing.T, lang, prompt string) string {
	t.Helper()
	size := map[string]int{"h": 60, "小时": 60, "分钟": 1, "米": 100, "厘米": 1, "千米": 1000, "千克": 1000, "克": 1, "星期": 7, "天": 1,
		"cm": 1, "km": 1000, "kg": 1000, "g": 1, "weeks": 7, "days": 1, "秒": 1, "s": 1, "m": 100, "min": 1}
	names := regexp.MustCompile(`小时|分钟|秒|厘米|千米|米|千克|克|星期|天|\b(h|min|s|cm|km|m|kg|g|weeks|days)\b`)
	have := map[string]bool{}
	for _, u := range names.FindAllString(prompt, -1) {
		have[u] = true
	}
	if have["秒"] || have["s"] {
		size["分钟"], size["min"] = 60, 60
	}
	if have["km"] || have["千米"] {
		size["m"], size["米"] = 1, 1
	}
	total := 0
	given := map[string]bool{}
	for _, m := range regexp.MustCompile(`(\d+) ?(小时|分钟|秒|厘米|千米|米|千克|克|星期|天|(?:h|min|s|cm|km|m|kg|g|weeks|days)\b)`).FindAllStringSubmatch(prompt, -1) {
		n, _ := strconv.Atoi(m[1])
		total += n * size[m[2]]
		given[m[2]] = true
	}
	big := 0
	var bigName, smallName string
	for u := range have {
		if size[u] > 1 {
			big, bigName = size[u], u
		} else {
			smallName = u
		}
	}
	sum := strings.ContainsAny(prompt, "加与") || strings.Contains(prompt, "plus") || strings.Contains(prompt, "Add")
	if given[bigName] && !sum {
		return strconv.Itoa(total)
	}
	if lang == "zh" {
		return fmt.Sprintf("%d%s%d%s", total/big, bigName, total%big, smallName)
	}
	return fmt.Sprintf("%d %s %d %s", total/big, bigName, total%big, smallName)
}

// A system's key survives the order of its equations and the names of its
// unknowns.
func TestSystemKeys(t *testing.T) {
	a, b := equation2{3, 2, 16}, equation2{1, 1, 6}
	for _, other := range [][2]equation2{{b, a}, {{2, 3, 16}, b}, {{-3, -2, -16}, b}} {
		if systemKey(a, b) != systemKey(other[0], other[1]) {
			t.Errorf("%v and %v have another key than %v and %v", other[0], other[1], a, b)
		}
	}
	if systemKey(a, b) == systemKey(equation2{3, 2, 17}, b) {
		t.Error("one key for two systems")
	}
}
