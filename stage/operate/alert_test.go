package operate

import (
	"encoding/json"
	"testing"
	"time"

	"suiren/internal/say"
)

func TestAlarms(t *testing.T) {
	m, now := Alarms{}, time.Unix(0, 0)
	a := &Alert{On: Any, Level: Fail, File: "f"}
	see := func(disk, queue string, arrives bool) (told string) {
		for _, n := range m.Due(a, []Health{{Name: "disk", Level: disk, Why: say.T("d", "磁")}, {Name: "queue", Level: queue, Why: say.T("q", "队")}}, now, say.Chinese) {
			told += n.Name + " " + n.Level + " " + n.Text + ";"
			if arrives {
				m.Told(a, &n)
			}
		}
		return told
	}
	for i, c := range []struct {
		after       time.Duration
		disk, queue string
		lost        bool
		want        string
	}{
		{0, OK, OK, false, ""},
		{0, Warn, OK, false, ""},
		{0, Fail, Warn, true, "disk fail 磁;"},
		{0, Fail, Warn, false, "disk fail 磁;"}, // it had not arrived
		{0, Fail, Fail, false, "queue fail 队;"},
		{time.Hour, Fail, Fail, false, ""},
		{Again - time.Hour, Fail, Fail, false, "disk fail 磁;queue fail 队;"}, // still
		{Again - time.Hour, Fail, Fail, false, ""},
		{0, Warn, Fail, true, "disk ok 磁;"},
		{0, Warn, Fail, false, "disk ok 磁;"},
		{0, OK, OK, false, "queue ok 队;"},
		{2 * Again, OK, OK, false, ""},
		{0, Fail, OK, false, "disk fail 磁;"},
	} {
		now = now.Add(c.after)
		if got := see(c.disk, c.queue, !c.lost); got != c.want {
			t.Errorf("%d: told %q, want %q", i, got, c.want)
		}
	}
	a = &Alert{On: "disk", Level: Warn, File: "f"}
	if got := see(Warn, Fail, true); got != "disk warn 磁;" {
		t.Error(got)
	}
}

func TestAlertCheck(t *testing.T) {
	for _, bad := range []Alert{{On: "disk", Level: Warn}, {On: "disk", Level: "info", File: "f"}, {On: "disk", Level: Warn, File: "f", Webhook: "http://h"},
		{On: "disk", Level: Warn, Webhook: "ftp://h"}, {On: "disk", Level: Warn, Webhook: "file:///etc"}} {
		b, _ := json.Marshal([]Alert{bad})
		if list, err := ParseAlerts(b); err == nil {
			t.Errorf("%+v", list)
		}
	}
	b, _ := json.Marshal([]Alert{{On: "any", Level: Warn, Webhook: "http://10.0.0.5/hook"}})
	if list, err := ParseAlerts(b); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
}
