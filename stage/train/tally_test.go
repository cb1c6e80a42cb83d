package train

import (
	"encoding/json"
	"strings"
	"testing"

	"suiren/stage"
)

// Pairs over a base that is not made yet are counted by their text: those that it will be too
// short for are not, as a run leaves them out, and tools and calls are.
func TestTallyOfUnmade(t *testing.T) {
	base := footingOf([]stage.Forecast{toMake(SFT{Depth: 2, Width: 64, Hidden: 192, Heads: 2, KVHeads: 1}, 512, 1024)})
	answer := func(text string) []stage.Message { return []stage.Message{{Role: "assistant", Content: text}} }
	pairs := func(n, each int) (list []stage.Example) {
		for i := range n {
			e := stage.Example{From: "p", Prompt: user("is it so?"), Chosen: answer("yes"), Rejected: answer("no")}
			if each > 0 && i%each == 0 {
				e.Rejected = answer(strings.Repeat(" no", 3000))
			}
			list = append(list, e)
		}
		return list
	}
	size := map[string]float64{"examples": 200, "pairs": 200, "text": 200 * 1800, "learnt": 200 * 1790, "longest": 9000}
	for name, f := range map[string]stage.Forecast{"made": {Path: toyExamples(t, pairs(200, 10)), Size: size}, "to be made": {Sample: pairs(100, 10), Size: size}} {
		got := tallyOf([]stage.Forecast{f}, &base)
		if got.docs != 360 || got.tokens < 360*15 || got.tokens > 360*30 || got.longest > 1024 {
			t.Errorf("%s: %+v", name, got)
		}
		if own := (&DPO{}).Forecast(map[string][]stage.Forecast{"pairs": {f}, "base": {{Size: map[string]float64{"params": 1e6}}}}, stage.Machine{}); len(own.Wrong) > 0 {
			t.Errorf("%s: %v", name, own.Wrong)
		}
	}
	plain := tallyOf([]stage.Forecast{{Sample: pairs(10, 0), Size: map[string]float64{"examples": 10, "pairs": 10}}}, &base)
	with := pairs(10, 0)
	tool := json.RawMessage(`{"type":"function","function":{"name":"look_up","description":"` + strings.Repeat("d", 300) + `","parameters":{"type":"object","properties":{}}}}`)
	for i := range with {
		with[i].Tools = []json.RawMessage{tool}
		with[i].Chosen = []stage.Message{{Role: "assistant", Calls: []stage.Call{{}}}}
		with[i].Chosen[0].Calls[0].Function.Name, with[i].Chosen[0].Calls[0].Function.Arguments = "look_up", `{"q":"`+strings.Repeat("a", 100)+`"}`
	}
	called := tallyOf([]stage.Forecast{{Sample: with, Size: map[string]float64{"examples": 10, "pairs": 10}}}, &base)
	each := base.bytesPerToken()
	if called.docs != 20 || called.tokens < plain.tokens+(20*float64(len(tool))+10*100)/each || called.learnt < plain.learnt+10*100/each {
		t.Errorf("with tools %+v, without %+v", called, plain)
	}
}
