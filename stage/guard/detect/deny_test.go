package detect

import "testing"

// A sentence with the words of a passage that says the contrary does not rest on it, nor
// does one with its numbers in other units; one that says the same in other words does.
func TestDenied(t *testing.T) {
	for _, c := range []struct {
		passage, sentence string
		rests             bool
	}{
		{"The library opens on Monday at eight.", "The library does not open on Monday.", false},
		{"The library does not open on Monday.", "The library opens on Monday for readers.", false},
		{"The library opens every day except Monday.", "The library opens every Monday for readers.", false},
		{"The library does not open on Monday.", "The library doesn't open on Monday.", true},
		{"The library opens on Tuesday. The library does not open on Monday.", "The library does not open on Monday, but opens on Tuesday.", true},
		{"Members can borrow books without a deposit.", "Members can borrow books with a deposit.", false},
		{"Readers must not leave bags in the reading room.", "Readers must leave bags in the reading room.", false},
		{"The pass is not only valid here but also in the archive.", "The pass is valid here and also valid in the archive.", true},
		{"图书馆周一开放，读者凭证入馆。", "图书馆周一不开放。", false},
		{"图书馆周一不对外开放。", "图书馆周一对外开放。", false},
		{"阅览室内禁止吸烟和饮食。", "阅览室内可以吸烟和饮食。", false},
		{"阅览室内禁止吸烟。", "阅览室内不允许吸烟。", true},
		{"除周一以外，图书馆每天开放。", "图书馆周一每天开放。", false},
		{"图书馆除周一外每天开放。", "除周一以外，图书馆每天开放。", true},
		{"参观展览无需预约。", "参观展览需要预约。", false},
		{"参观展览无需预约。", "参观展览不用预约。", true},
		{"借书证不得转借他人使用。", "借书证不能转借他人使用。", true},
		{"周一闭馆。图书馆周二至周日开放。", "图书馆周二至周日开放，周一不开放。", true},
		{"The library is closed on Monday.", "The library is open on Monday for readers.", false},
		{"The library is closed on Monday.", "The library is closed on Monday for readers.", true},
		{"The library is closed on Monday.", "The library is not open on Monday for readers.", true},
		{"The library opens at 9 and closes at 17.", "The library closes at 17 and opens at 9.", true},
		{"The library is closed on Monday, and open on Tuesday.", "The library is open on Tuesday.", true},
		{"Fees for members increased last year.", "Fees for members decreased last year.", false},
		{"Pay the fee before the visit.", "Pay the fee after the visit.", false},
		{"Pay the whole fee before the visit.", "The visit comes after you pay the whole fee.", true},
		{"Registration is mandatory for every visitor of the archive.", "Registration is optional for every visitor of the archive.", false},
		{"图书馆周一闭馆。", "图书馆周一开放。", false},
		{"图书馆周一闭馆，周二至周日开放。", "图书馆周一开放。", false},
		{"图书馆周一闭馆，周二至周日开放。", "图书馆周二开放。", true},
		{"图书馆周一闭馆。", "图书馆周一不开放。", true},
		{"参观展览免费，无需预约。", "参观展览收费，无需预约。", false},
		{"读者人数比去年增加三成。", "读者人数比去年减少三成。", false},
		{"入馆之前须寄存背包和雨伞。", "入馆之后须寄存背包和雨伞。", false},
		{"申请人最低年龄为18岁。最高为60岁。", "申请人最高年龄为60岁。", true}, // what a sentence leaves out is in the one before
		{"申请人最低年龄为18岁。最高为60岁。", "申请人最高年龄为18岁。", false},
		{"图书馆周一至周五上午9点开门。下午5点关门。", "图书馆周一至周五下午5点关门。", true},
		{"图书馆周一至周五上午9点开门。", "图书馆周一至周五下午9点开门。", false},
		{"The minimum age for applicants is 18. The maximum is 60.", "The maximum age for applicants is 60.", true},
		{"The minimum age for applicants is 18. The maximum is 60.", "The maximum age for applicants is 18.", false},
		{"The reading rooms are open from 9:00 to 20:00 on weekdays and from 10:00 to 17:00 on Saturdays.", "The reading rooms close at 17:00 on Saturdays.", true}, // until 17 is closed at 17
		{"In August the library closes two hours earlier on weekdays, at 18:00.", "In August the library is open on weekdays until 18:00.", true},
		{"The reading rooms are open from 9:00 to 20:00 on weekdays.", "The reading rooms are closed from 9:00 to 20:00 on weekdays.", false},
		{"The reading rooms close at 17:00 on Saturdays.", "The reading rooms open at 17:00 on Saturdays.", false},
		{"阅览室周六10:00至17:00开放。", "阅览室周六17:00闭馆。", true},
		{"阅览室周六10:00至17:00开放。", "阅览室周六10:00至17:00闭馆。", false},
		{"The director may grant leave to members of the staff.", "The director may deny leave to members of the staff.", false},
		{"Applicants are less than ten years old.", "Applicants are not older than ten years.", true}, // a bound denies what compares, not the number
		{"Applicants must be older than ten years.", "Applicants must not be older than ten years.", false},
		{"Members may borrow at most 10 books.", "Members may borrow not more than 10 books.", true},
		{"Members may borrow more than 10 books.", "Members may borrow not more than 10 books.", false},
		{"The bags of visitors weigh at most ten kilograms.", "The bags of visitors must not exceed ten kilograms.", true},
		{"The bags of visitors exceed ten kilograms.", "The bags of visitors must not exceed ten kilograms.", false},
		{"六岁以下儿童免票入馆。", "不满六岁的儿童免票入馆。", true},
		{"满六岁的儿童免票入馆。", "不满六岁的儿童免票入馆。", false},
		{"参观团体人数少于十人。", "参观团体人数不大于十人。", true},
		{"参观团体人数大于十人。", "参观团体人数不大于十人。", false},
		{"借书期限为30天，逾期每天收取1元。", "借书期限为30个月。", false},
		{"借书期限为30天，逾期每天收取1元。", "借书期限是30日。", true},
		{"The loan lasts 30 days.", "The loan lasts 30 weeks.", false},
		{"The 30-day loan can be renewed.", "The loan of 30 days can be renewed.", true},
		{"Budget: 3 万元 for books.", "The budget for books is 3 元.", false},
	} {
		g := NewGrounds([]string{c.passage, "The canteen serves soup. 食堂供应汤。"})
		claim := NewClaim(c.sentence)
		if got := g.Support(&claim, []int{0, 1}).Rests() && !g.Denied(&claim, []int{0, 1}); got != c.rests {
			t.Errorf("%q from %q: rests is %v (%+v, denied %v)", c.sentence, c.passage, got, g.Support(&claim, []int{0}), g.Denied(&claim, []int{0}))
		}
	}
}
