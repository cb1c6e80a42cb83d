package say

import "math"

// Seconds is a length of time in the unit that suits it.
func Seconds(s float64) Text {
	switch {
	case s < 0 || math.IsNaN(s) || math.IsInf(s, 0):
		return T("-", "-")
	case s < 9.95:
		return T("%.1f s", "%.1f 秒", s)
	case s < 90:
		return T("%.0f s", "%.0f 秒", s)
	case s < 90*60:
		return T("%d min %02d s", "%d 分 %02d 秒", int(s)/60, int(s)%60)
	}
	return T("%d h %02d min", "%d 小时 %02d 分", int(s)/3600, int(s)%3600/60)
}
