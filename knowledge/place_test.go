package knowledge

import "testing"

func TestPlace(t *testing.T) {
	for _, c := range []struct {
		what, question, right, wrong string
		early                        bool
	}{
		{"begins with it", "喇嘛", "喇嘛是藏传佛教的术语，意为上师。", "阿阇黎是印度教的术语，与喇嘛相近。", true},
		{"begins with it, in other characters and inflected", "engine mounts", "ENGINE mount of steel; see the plan.", "The plan has, of steel, an engine mount.", true},
		{"one sentence", "校园开放时间", "图书馆很大。校园的开放时间见门口。", "校园很大。它有图书馆。开放要申请。时间不定。", false},
		{"a short sentence", "boiler pressure", "It is old. The boiler pressure is two bar.", "It is old and in the cellar, behind the door that nobody opens but on Mondays, where the boiler makes hot water at a low pressure.", false},
	} {
		ix := index(t, []Document{{Path: "wrong", Text: c.wrong}, {Path: "right", Text: c.right}})
		q := ix.query(Question{Text: c.question})
		s := newSights(ix, &q, nil)
		var early, together [2]float64
		for i := range 2 {
			p := ix.Passage(i)
			early[i], together[i] = s.look(p.Heading, p.Text)
			if early[i] <= 0 || early[i] > 1 || together[i] <= 0 || together[i] > 1 {
				t.Errorf("%s: early %v, together %v are not shares", c.what, early, together)
			}
		}
		if c.early && early[1] <= early[0] || !c.early && together[1] <= together[0] {
			t.Errorf("%s: early %v, together %v", c.what, early, together)
		}
	}
}

// TestPlaceOrders: words that stand together are before the same words apart, of both parts.
func TestPlaceOrders(t *testing.T) {
	docs := []Document{
		{Path: "apart", Text: "The pump stands in the cellar. The oil is old. The colour of the door is a plain grey. Ask the seller."},
		{Path: "together", Text: "The pump oil colour is old. It stands in the cellar, the door is a plain grey. Ask the seller of the."},
		{Path: "other", Text: "Bread is baked on Mondays."},
	}
	ix := index(t, docs)
	gain := func(by By) float64 {
		at := map[string]float64{}
		for _, h := range ix.Find(Question{Text: "pump oil colour", K: 3, By: by}) {
			at[h.File] = h.Score
		}
		return at["together"] - at["apart"]
	}
	if words, both := gain(ByWords), gain(ByBoth); both < words+0.02 || both <= 0 {
		t.Errorf("together is %.4f before apart by words, %.4f by both", words, both)
	}
}
