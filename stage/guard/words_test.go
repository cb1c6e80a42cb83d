package guard

import (
	"regexp"
	"strings"
	"testing"
)

// Every sentence is whole in both languages.
func TestSaid(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	for name, c := range map[string]struct {
		turn func(*setting)
		says []string
	}{
		"as it should be": {func(s *setting) {}, []string{
			"None of the 120 held-out and 30 longer problems is among the 50 taught and 10 watched questions that the weights learnt from (1 block of examples)",
			"answers 91.7% (85.3% to 95.4%) of 120 held-out problems correctly, with 20 tokens a reply",
			"the same 2.1e13 FLOPs answers 33.3%", "thinking is worth +58.3 points", "at least the 25 points",
			"kept 30 steps, over which the score on the watched problems went from 80.0% to 95.0%",
			"No family is below SFT", "hardest after SFT", "its interval lies above that of SFT",
			"does worse, or mostly fails: addition 0.0% (0.0% to 16.1%) against", "every question and every answer pass",
		}},
		"rewards that were worth something": {func(s *setting) {
			s.facts["direct"] = `{"method":"grpo","think":true,"rl":{"control":"random","started":true}}`
		}, []string{"With a coin in the place of the reward the same problems come to 33.3%", "the rewards are worth +58.3 points"}},
		"rewards that were worth nothing": {func(s *setting) {
			s.facts["direct"] = `{"method":"grpo","think":true,"rl":{"control":"random","started":true}}`
			s.troupe.lines["direct"] = s.troupe.lines["scenario"]
		}, []string{"what the rewards are worth, +0.0 points", "not measured to be more than nothing"}},
		"not started": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"pass_at_1":0.99,"informative":0.04,"watched":[{"overall":0.9}]}}`
			s.troupe.lines["scenario"] = s.troupe.lines["taught"]
		}, []string{"not started: 99.0% of the sampled answers were right and 4.0% of the groups", "no gain was measured", "the change since is +0.0 points"}},
		"rolled back": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"started":true,"steps":5,"rolled_back":"step 15: word","watched":[{"step":0,"overall":0.9},{"step":5,"overall":0.91},{"step":15,"overall":0.7}]}}`
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a%3 == 1 })
		}, []string{"rolled back: at step 15 the score on the watched problems had fallen in word problems", "kept 5 steps", "from 90.0% to 91.0%", "Fell below SFT", "less than the 25 points"}},
		"rolled back for good": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"started":true,"steps":0,"rolled_back":"step 5: overall","watched":[{"step":0,"overall":0.9}]}}`
		}, []string{"at step 5 the score on the watched problems had fallen.", "none was kept"}},
		"odd words": {func(s *setting) {
			s.facts["tutor"] = `{"think":true,"rl":{"started":true,"steps":7,"rolled_back":"%d who knows"}}`
			s.problems["heldout"][5].Family = "100%s"
			s.problems["length"] = nil
		}, []string{"rolled back: %d who knows", "kept 7 steps.", "nothing is known about length"}},
		"within the noise": {func(s *setting) {
			s.troupe.lines["taught"] = solve(func(a int) bool { return a != 100 && a != 101 })
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a != 101 && a != 102 && a != 104 })
		}, []string{"No family fell measurably below SFT; within the noise lower: addition"}},
		"longer is no harder": {func(s *setting) {
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a != 101 && a != 102 })
		}, []string{"On longer problems no fall was measured: addition 100.0%"}},
		"nothing is right, long or short": {func(s *setting) {
			s.troupe.lines["scenario"] = solve(func(int) bool { return false })
		}, []string{"On longer problems no fall was measured: addition 0.0% (0.0% to 16.1%) against 0.0%"}},
		"longer is half right": {func(s *setting) {
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a < 1000 || a%4 != 0 })
		}, []string{"does worse, or mostly fails: addition 75.0%"}},
		"overlap": {func(s *setting) {
			s.troupe.lines["taught"] = solve(func(a int) bool { return a%12 != 0 })
			s.troupe.lines["scenario"] = solve(func(a int) bool { return a%24 != 0 })
		}, []string{"the two intervals still overlap"}},
		"no comparison": {func(s *setting) {
			s.facts["direct"] = `{"think":true,"method":"elsewhere"}`
			s.facts["taught"] = s.facts["direct"]
		}, []string{"a gain over direct answers"}},
		"not reinforced": {func(s *setting) {
			s.facts["tutor"] = `{"method":"sft","think":true}`
		}, []string{"that it is compared with come to 66.7%", "the difference is +25.0 points"}},
		"other FLOPs": {func(s *setting) { s.facts["direct"] = `{"flops":1e12}` }, []string{"trained for 1e12 FLOPs"}},
	} {
		s := newSetting(t)
		c.turn(s)
		r, _ := s.run(t)
		all := ""
		for _, said := range r.Said {
			all += said.En + "\n"
			if strings.Contains(said.En+said.Zh, "%!") || han.MatchString(said.En) || !han.MatchString(said.Zh) || !strings.HasSuffix(said.En, ".") || !strings.HasSuffix(said.Zh, "。") {
				t.Errorf("%s: %q, %q", name, said.En, said.Zh)
			}
		}
		for _, want := range c.says {
			if !strings.Contains(all, want) {
				t.Errorf("%s: not said %q in\n%s", name, want, all)
			}
		}
	}
}
