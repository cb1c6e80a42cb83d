package grammar

import "testing"

// A leap second ends a day of UTC, whatever the clock on the wall shows.
func TestLeapSeconds(t *testing.T) {
	g, err := Schema([]byte(`{"type": "string", "format": "time"}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"23:59:60Z": true, "23:59:60.5z": true, "15:59:60-08:00": true, "05:29:60+05:30": true, "00:44:60+00:45": true, "23:59:60-00:00": true, "07:59:60+08:00": true,
		"22:59:60Z": false, "18:51:60z": false, "23:59:60+08:00": false, "23:59:61Z": false, "15:59:60+08:00": false,
		"23:59:59Z": true, "12:00:00-23:59": true,
	} {
		if takes(g, `"`+text+`"`) != want {
			t.Errorf("%s: taken is not %t", text, want)
		}
	}
}
