package browser

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

// budget is the way of a bound that is hit, told with its next step, and raised.
func budget(t *testing.T, browser context.Context, dir string) {
	s := start(t, "serve", dir)
	v := visit(t, browser, s.url)
	defer v.close()
	bound := func(amount string) {
		v.push("Usage")
		v.wait(`document.querySelector("form.budget")`)
		v.choose("form.budget select", "all")
		v.wait(`!document.querySelector(".budget-name")`)
		v.tell("Amount", amount)
		v.push("Set the budget")
	}
	journey(t, v,
		step{"free", func(t *testing.T) {
			v.push("Chat")
			v.asks("What is 3+4?")
			if v.text(".turn .reply [role=alert]") != "" {
				t.Errorf("there is no budget, and %s", v.text(".turn .reply"))
			}
		}},
		step{"bounded", func(t *testing.T) {
			bound("5")
			v.wait(`[...document.querySelectorAll(".plainlist li")].some(e => /everyone[^]* of 5 used/.test(e.innerText))`)
		}},
		step{"hit", func(t *testing.T) {
			v.push("Chat")
			v.asks("What is 3+4?")
			got := v.text(".turn:last-child [role=alert]")
			for _, want := range []string{"budget", "has no room", "wait until"} { // what, and what to do
				if !strings.Contains(got, want) {
					t.Errorf("a budget that is hit is told as %q, without %q", got, want)
				}
			}
			if statuses := v.replied("/v1/chat/completions"); statuses[len(statuses)-1] != http.StatusTooManyRequests {
				t.Errorf("the server answered %v", statuses)
			}
			if status, text := s.call(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"What is 3+4?"}]}`); status != 429 || !strings.Contains(text, "insufficient_quota") {
				t.Errorf("a program is answered %d %s", status, text)
			}
			v.accessible(t)
		}},
		step{"raised", func(t *testing.T) {
			bound("1000000")
			v.wait(`[...document.querySelectorAll(".plainlist li")].some(e => /everyone[^]* of 1,000,000 used/.test(e.innerText))`)
		}},
		step{"again", func(t *testing.T) {
			v.push("Chat")
			v.push("Try again")
			v.wait(`document.querySelector(".turn:last-child footer") && !document.querySelector(".turn:last-child [role=alert]")`)
			if status, text := s.call(t, "POST", "/v1/chat/completions", `{"messages":[{"role":"user","content":"What is 3+4?"}]}`); status != 200 {
				t.Errorf("a program is answered %d %s", status, text)
			}
		}},
	)
	v.clean(t, "429")
}
