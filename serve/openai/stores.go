package openai

import (
	"encoding/json"

	"suiren/internal/say"
	"suiren/serve/form"
)

// A StoreQuery is a POST /v1/vector_stores/{id}/search, checked.
type StoreQuery struct {
	Query string
	Most  int // results, 1 to 50
}

// maxQuery bounds a query, in bytes.
const maxQuery = 1 << 14

// ParseStoreQuery reads a POST /v1/vector_stores/{id}/search. Filters and
// ranking options are refused, not ignored: they change what is found.
func ParseStoreQuery(body []byte) (*StoreQuery, error) {
	r := &StoreQuery{Most: 10}
	err := form.Fields[StoreQuery]{
		"query": func(r *StoreQuery, v json.RawMessage) error { return json.Unmarshal(v, &r.Query) },
		"max_num_results": func(r *StoreQuery, v json.RawMessage) (err error) {
			r.Most, err = form.Whole(v, "max_num_results", 1, 50)
			return err
		},
		"rewrite_query": form.Ignore[StoreQuery],
	}.Read(body, r)
	switch {
	case err != nil:
	case r.Query == "":
		err = form.Invalid("query", "missing_parameter", say.T("query is missing", "缺少 query"))
	case len(r.Query) > maxQuery:
		err = form.OutOfRange("query", say.T("at most %d bytes", "最多 %d 字节", maxQuery))
	}
	return r, err
}

// A Found is a passage of the owner's documents that a query found.
type Found struct {
	ID       string // of the passage: stays while it stays
	File     string
	Heading  string
	Text     string
	Page     int     // from 1; 0: there are none
	Start    int     // bytes of the document's text
	End      int     // 0: not known
	Score    float64 // share of the query that it covers, 0 to 1
	Relevant bool    // near enough to answer
	Words    float64 // BM25F
	Meaning  float64 // cosine of its vector and the query's
	Ranks    any     // by words, by meaning, by both
	Terms    any     // of the query that are in it
	Spans    any     // of the text, where they stand
}

// Reply is the body that tells what was found.
func (r *StoreQuery) Reply(list []Found) any {
	type content struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	type result struct {
		FileID     string         `json:"file_id"`
		Filename   string         `json:"filename"`
		Score      float64        `json:"score"`
		Attributes map[string]any `json:"attributes"`
		Content    []content      `json:"content"`
	}
	data := []result{}
	for _, f := range list {
		attributes := map[string]any{"passage": f.ID, "heading": f.Heading, "start": f.Start, "end": f.End, "relevant": f.Relevant,
			"words": f.Words, "meaning": f.Meaning}
		for name, x := range map[string]any{"ranks": f.Ranks, "terms": f.Terms, "spans": f.Spans} {
			if x != nil {
				attributes[name] = x
			}
		}
		if f.Page > 0 {
			attributes["page"] = f.Page
		}
		data = append(data, result{f.File, f.File, f.Score, attributes, []content{{"text", f.Text}}})
	}
	return map[string]any{"object": "vector_store.search_results.page", "search_query": r.Query, "data": data, "has_more": false, "next_page": nil}
}
