package operate

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"suiren/internal/say"
)

// Signals are what ends a release by itself: how many of its requests may go
// wrong in a way before it goes back.
//
//	errors   share of requests that the server failed
//	refused  share of requests that a rail refused
//	bad      share of ratings that are thumbs-down
//	slow     seconds within which 95 of 100 answers end
type Signals map[string]float64

// The signals.
const (
	Errors  = "errors"
	Refused = "refused"
	Bad     = "bad"
	Slow    = "slow"
)

var signals = []string{Errors, Refused, Bad, Slow}

// ParseSignals reads errors=2%,slow=5s.
func ParseSignals(text string) (Signals, error) {
	s := Signals{}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		var v float64
		var err error
		switch {
		case !slices.Contains(signals, name):
			return nil, &say.Error{Where: part, What: say.T("%q is not a signal", "%q 不是信号", name), Next: say.T("choose among %s", "可选：%s", signals)}
		case name == Slow:
			var d time.Duration
			d, err = time.ParseDuration(value)
			v = d.Seconds()
		default:
			v, err = ParseShare(value)
		}
		if err != nil || !(v > 0) || name != Slow && v >= 1 {
			return nil, &say.Error{Where: part, Err: err, What: say.T("%q is not a value of %s", "%q 不是 %s 的取值", value, name), Next: say.T("write it like errors=2%,slow=5s", "请写成 errors=2%,slow=5s 的样子")}
		}
		s[name] = v
	}
	return s, nil
}

// ParseShare reads 5% or 0.05.
func ParseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err == nil && !(v >= 0 && v <= 1) {
		err = say.Errorf("%q is not a share", "%q 不是比例", text)
	}
	return v, err
}

// tolerated is the share of requests that may go wrong by a signal: of slow
// ones what p95 means.
func (s Signals) tolerated(name string) float64 {
	if name == Slow {
		return 0.05
	}
	return s[name]
}

// A Watch decides, request by request, whether a release has shown that more
// goes wrong than is tolerated. Per signal it bets against "no more than
// tolerated" and multiplies what it would have won (a mixture of likelihood
// ratios). By Ville's inequality (Étude critique de la notion de collectif,
// 1939) the gain of a release that keeps to all its signals ever reaches the
// bound with a probability of at most 1%, however long it is watched and
// however often one looks.
type Watch struct {
	stop Signals
	sum  map[string]*[bets]float64 // the logarithm of each bet's gain
	seen map[string][2]int         // requests, and those that went wrong
}

// bets is how many alternatives are mixed: shares that lie between what is
// tolerated and everything.
const bets = 6

// falseAlarm is how probable it may be that a good release goes back.
const falseAlarm = 0.01

// NewWatch watches for signals.
func NewWatch(stop Signals) *Watch {
	w := &Watch{stop: stop, sum: map[string]*[bets]float64{}, seen: map[string][2]int{}}
	for name := range stop {
		w.sum[name] = new([bets]float64)
	}
	return w
}

// See notes whether something went wrong by a signal, and reports whether the
// release has now shown too much of it.
func (w *Watch) See(name string, wrong bool) (stop bool) {
	sums := w.sum[name]
	if sums == nil {
		return false
	}
	p := w.stop.tolerated(name)
	n := w.seen[name]
	n[0]++
	if wrong {
		n[1]++
	}
	w.seen[name] = n
	gain := 0.0
	for i := range sums {
		q := p + (1-p)*math.Ldexp(1, -i-1) // a half, a quarter, … of the way to 1
		if wrong {
			sums[i] += math.Log(q / p)
		} else {
			sums[i] += math.Log((1 - q) / (1 - p))
		}
		gain += math.Exp(min(sums[i], 700)) / bets
	}
	return gain >= float64(len(w.stop))/falseAlarm
}

// Answered sees one request that has ended: by what reason, after how long.
// It returns the signal that stops the release, "" if none does.
func (w *Watch) Answered(reason string, took time.Duration) string {
	if reason == "cancelled" { // by the client: nobody's fault
		return ""
	}
	for name, wrong := range map[string]bool{Errors: reason == "error", Refused: reason == "content_filter", Slow: took.Seconds() > w.stop[Slow]} {
		if w.See(name, wrong) {
			return name
		}
	}
	return ""
}

// Seen says what was seen, for people: errors 3 of 40.
func (w *Watch) Seen() say.Text {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(w.seen)) {
		n := w.seen[name]
		list = append(list, name+" "+strconv.Itoa(n[1])+"/"+strconv.Itoa(n[0]))
	}
	return say.T("%s", "%s", list)
}
