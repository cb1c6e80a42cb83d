package serve

import (
	"net/http"
	"strings"
	"testing"

	"suiren/serve/openai"
)

func TestSearchStore(t *testing.T) {
	var asked []string
	b := start(t, nil, func(c *Config, _ *Release) {
		c.Search = func(readers []string, base, query string, most int) ([]openai.Found, error) {
			asked = append(asked, strings.Join(readers, ",")+" "+base+" "+query)
			if base != "house" {
				return nil, ErrNoStore
			}
			return []openai.Found{{ID: "ab", File: "docs/a.md", Heading: "A", Text: "one", Page: 3, Start: 4, End: 7, Score: 0.5, Relevant: true, Words: 2.5, Meaning: 0.75, Ranks: []int{1, 2}}}[:min(most, 1)], nil
		}
	})
	status, body := b.send(t, "POST", "/v1/vector_stores/house/search", `{"query":"what?","max_num_results":5}`)
	want := `{"data":[{"file_id":"docs/a.md","filename":"docs/a.md","score":0.5,"attributes":{"end":7,"heading":"A","meaning":0.75,"page":3,"passage":"ab","ranks":[1,2],"relevant":true,"start":4,"words":2.5},"content":[{"type":"text","text":"one"}]}],"has_more":false,"next_page":null,"object":"vector_store.search_results.page","search_query":"what?"}`
	if status != http.StatusOK || strings.TrimSpace(body) != want {
		t.Errorf("%d %s", status, body)
	}
	if len(asked) != 1 || asked[0] != "first house what?" {
		t.Error(asked)
	}
	for _, c := range []struct {
		path, body, want string
		status           int
	}{
		{"/v1/vector_stores/other/search", `{"query":"x"}`, "vector_store_not_found", 404},
		{"/v1/vector_stores/house/search", `{}`, "missing_parameter", 400},
		{"/v1/vector_stores/house/search", `{"query":"x","max_num_results":51}`, "max_num_results", 400},
		{"/v1/vector_stores/house/search", `{"query":"x","filters":{}}`, "filters", 400},
		{"/v1/vector_stores/house/search", `{"query":"` + strings.Repeat("x", 20_000) + `"}`, "query", 400},
		{"/v1/vector_stores/house/search", `{"query":7}`, "query", 400},
	} {
		if status, body := b.send(t, "POST", c.path, c.body); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %.80s: %d %s", c.path, c.body, status, body)
		}
	}
	if status, _ := b.send(t, "POST", "/v1/vector_stores/house/search", `{"query":"x"}`, "Authorization", "Bearer wrong"); status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", status)
	}
}
