package pii

import "strings"

// validResidentID checks 18 signs: a province, a date that exists, and the check
// digit (GB 11643, ISO 7064 MOD 11-2).
func validResidentID(d string) bool {
	if strings.Trim(d[:17], "0123456789") != "" || !province(d[:2]) || !date(d[6:10], d[10:12], d[12:14]) {
		return false
	}
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(d[i]-'0') * w
	}
	return strings.ToUpper(d[17:]) == "10X98765432"[sum%11:sum%11+1]
}

// validOldID checks the 15 digits of before 1999, which have no check digit.
func validOldID(d string) bool { return province(d[:2]) && date("19"+d[6:8], d[8:10], d[10:12]) }

func province(d string) bool {
	return strings.Contains(" 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 ", " "+d+" ")
}

func number(s string) (n int) {
	for _, b := range []byte(s) {
		n = n*10 + int(b-'0')
	}
	return n
}

func date(year, month, day string) bool {
	y, m, d := number(year), number(month), number(day)
	if y < 1850 || y > 2100 || m < 1 || m > 12 || d < 1 {
		return false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m-1]
	if m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0) {
		days = 29
	}
	return d <= days
}

const creditSigns = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// validCreditCode checks 18 signs of GB 32100: the last is by powers of 3 modulo 31.
func validCreditCode(d string) bool {
	if strings.IndexByte("123456789ANY", d[0]) < 0 || strings.Trim(d[2:8], "0123456789") != "" || !province(d[2:4]) && d[2:4] != "10" {
		return false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(creditSigns, d[i])
		if v < 0 {
			return false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	return strings.IndexByte(creditSigns, d[17]) == (31-sum%31)%31
}

func mobile(d string) bool { return d[0] == '1' && d[1] >= '3' && d[1] <= '9' }

// NumberKind tells what digits alone are: a resident ID, a mobile number or a bank
// card; "" is none of these.
func NumberKind(d string) Kind {
	n := len(d)
	if n == 0 || strings.Trim(d[:n-1], "0123456789") != "" {
		return ""
	}
	switch last := d[n-1]; {
	case n == 18 && validResidentID(d):
		return ResidentID
	case !digit(last):
	case n == 11 && mobile(d), n == 13 && d[:2] == "86" && mobile(d[2:]), n == 15 && d[:4] == "0086" && mobile(d[4:]):
		return Mobile
	case n >= 15 && n <= 19 && issuer(d) && luhn(d):
		return BankCard
	}
	return ""
}

// areaCode: three digits in the great cities, four elsewhere.
func areaCode(d string) bool {
	if len(d) == 3 {
		return d == "010" || d[1] == '2'
	}
	return d[1] >= '3' && d[1] <= '9'
}

// issuer reports whether a card number begins and has the length as one of
// UnionPay, Visa, Mastercard, American Express, JCB.
func issuer(d string) bool {
	n := len(d)
	two, four := number(d[:2]), number(d[:4])
	switch {
	case two == 62, two == 81:
		return n >= 16
	case d[0] == '4', two >= 51 && two <= 55, four >= 2221 && four <= 2720, four >= 3528 && four <= 3589:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	}
	return false
}

func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
