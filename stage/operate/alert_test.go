package operate

import (
	"encoding/json"
	"testing"
	"time"

	"suiren/internal/say"
)

func TestAlarms(t *testing.T) {
	m := Alarms{}
	a := &Alert{On: "any", Level: Fail, File: "f"}
	see := func(disk, queue string) (told string) {
		for _, n := range m.Due(a, []Health{{Name: "disk", Level: disk, Why: say.T("d", "磁")}, {Name: "queue", Level: queue, Why: say.T("q", "队")}}, time.Unix(0, 0), say.Chinese) {
			told += n.Name + " " + n.Level + " " + n.Text + ";"
		}
		return told
	}
	for i, c := range []struct{ disk, queue, want string }{
		{OK, OK, ""}, {Warn, OK, ""}, {Fail, Warn, "disk fail 磁;"}, {Fail, Fail, "queue fail 队;"}, {Fail, Fail, ""}, {Warn, Fail, "disk ok 磁;"}, {OK, OK, "queue ok 队;"}, {Fail, OK, "disk fail 磁;"},
	} {
		if got := see(c.disk, c.queue); got != c.want {
			t.Errorf("%d: told %q, want %q", i, got, c.want)
		}
	}
	a = &Alert{On: "disk", Level: Warn, File: "f"}
	if got := see(Warn, Fail); got != "disk warn 磁;" {
		t.Error(got)
	}
	if w := Worst([]Health{{Level: OK}, {Level: Warn}}); w != Warn || Worst(nil) != OK {
		t.Error(w)
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
