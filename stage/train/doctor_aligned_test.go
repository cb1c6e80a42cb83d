package train

import (
	"math"
	"slices"
	"strings"
	"testing"

	"suiren/internal/say"
	"suiren/stage/curve"
)

// found are the codes of what the doctor finds in c, which it tells in two languages.
func foundIn(t *testing.T, c *curve.Curve) (list []string, text string) {
	t.Helper()
	for _, f := range Diagnose(c) {
		list = append(list, f.Code)
		for _, s := range []say.Text{f.What, f.Next} {
			if en, zh := s.In(say.English), s.In(say.Chinese); en == zh || strings.Contains(en+zh, "%!") {
				t.Errorf("%s: %q, %q", f.Code, en, zh)
			}
		}
		text += f.What.In(say.English) + "; " + f.Next.In(say.English) + "\n"
	}
	return list, text
}

// A run of preferences is judged by what it tells apart and not by its loss,
// and answers that all fall are named, whether they are watched or learnt alone.
func TestDoctorPreference(t *testing.T) {
	for _, c := range []struct {
		right, chosen, rejected float64
		want                    []string
	}{
		{0.97, 0.3, -0.5, nil}, {0.97, -2, -8, nil}, {0.9, -11.6, -13.5, []string{"away"}}, {0.5, 0, 0, []string{"nothing"}}, {0.97, 1e-3, -1e-3, []string{"nothing"}}, {0.5, -11.6, -13.5, []string{"away", "nothing"}},
		{1, -82, -97, []string{"away"}},
	} {
		for _, watched := range []bool{true, false} {
			cv := &curve.Curve{}
			for i := range 40 {
				at := float64(i) / 39
				v := map[string]float64{"loss": 0.5, "right": 0.5 + at*(c.right-0.5)}
				if !watched {
					v["chosen"], v["rejected"] = at*c.chosen, at*c.rejected
				} else if i%5 == 4 {
					v["watch_chosen"], v["watch_rejected"], v["watch_loss"] = at*c.chosen, at*c.rejected, 0.5+at*0.05
				}
				cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: v})
			}
			got, text := foundIn(t, cv)
			if !slices.Equal(got, c.want) || slices.Contains(got, "away") && strings.Contains(text, "that are learnt became") == watched {
				t.Errorf("%+v, watched %t: found %v: %s", c, watched, got, text)
			}
		}
	}
}

// What is watched is worse than chance only where it is so by more than chance: of few
// pairs a few the wrong way round are none.
func TestDoctorByChance(t *testing.T) {
	for _, c := range []struct {
		right  float64
		counts map[string]float64
		want   string
	}{
		{0.25, map[string]float64{"watch_pairs": 4}, ""},
		{0, map[string]float64{"watch_pairs": 4}, ""}, // 1 of 16 coins
		{0, map[string]float64{"watch_pairs": 6}, "of 6 that are watched 0%"},
		{0.375, map[string]float64{"watch_pairs": 64}, ""},
		{0.34375, map[string]float64{"watch_pairs": 64}, "of 64 that are watched 34%"},
		{0.25, nil, ""}, {11. / 32, nil, ""}, {21. / 64, nil, "of 64 that are"}, // of curves that do not tell
		{0.25, map[string]float64{"watch_good": 2, "watch_bad": 2}, ""},
		{0.25, map[string]float64{"watch_good": 1, "watch_bad": 63}, ""},
		{0.25, map[string]float64{"watch_good": 32, "watch_bad": 32}, "of 64 that are watched 25%"},
		{0.25, map[string]float64{"watch_good": 32, "watch_bad": 32, "one_label": 1}, ""},
	} {
		cv := &curve.Curve{}
		cv.Counts = c.counts
		for i := range 40 {
			v := map[string]float64{"loss": 0.5, "right": 0.97, "chosen": 1}
			if i%5 == 4 {
				v["watch_right"] = c.right
			}
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: v})
		}
		list, text := foundIn(t, cv)
		if c.want == "" && len(list) > 0 || c.want != "" && (!slices.Equal(list, []string{"repeated"}) || !strings.Contains(text, c.want)) {
			t.Errorf("%+v: %s", c, text)
		}
	}
}

// The loss of reinforcement lies about 0 and is no sign; answers that do not end
// are one: of too few tokens if they never did, and of too high a rate if they did and the
// reward fell.
func TestDoctorReinforcement(t *testing.T) {
	for _, c := range []struct {
		cut, cutTo, reward, rewardTo float64
		want, says                   string
	}{
		{0, 0, 0.3, 0.3, "", ""}, {0.2, 0.2, 0.3, 0.3, "", ""}, {0, 0, 0.9, 0.1, "", ""},
		{0.6, 0.6, 0.3, 0.3, "cut", "or set overlong"},
		{1, 1, 0, 0, "cut", "as the base's context has room\n"},
		{0.6, 1, 0.4, 0.1, "cut", "raise tokens"}, // they did not end before
		{0, 0.8, 0.3, 0.4, "cut", "raise tokens"}, // and it paid
		{0, 1, 0.8, 0, "rate-high", "fell from 0.8"},
	} {
		cv := &curve.Curve{}
		for i := range 40 {
			at := min(max(float64(i-10)/15, 0), 1)
			cv.Points = append(cv.Points, curve.Point{Step: i + 1, Values: map[string]float64{"loss": 0.01 * math.Sin(float64(7*i)-1),
				"reward": c.reward + at*(c.rewardTo-c.reward), "cut": c.cut + at*(c.cutTo-c.cut)}})
		}
		if got, text := foundIn(t, cv); strings.Join(got, " ") != c.want || !strings.Contains(text, c.says) || c.want == "rate-high" && strings.Contains(text, "tokens") {
			t.Errorf("%+v: found %q: %s", c, got, text)
		}
	}
}
