package pii

import (
	"fmt"
	"strings"
	"testing"
)

func found(text string) string {
	var list []string
	for _, f := range Find(nil, text) {
		list = append(list, fmt.Sprintf("%s=%s", f.Kind, text[f.Lo:f.Hi]))
	}
	return strings.Join(list, " | ")
}

func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		"write to jane.doe+x@mail.example.co.uk, please": "email=jane.doe+x@mail.example.co.uk",
		"邮箱abc_1@qq.com。":                                "email=abc_1@qq.com",
		"a@b is no address, nor is @home or x..@y.z":     "",
		"13812345678@139.com":                            "email=13812345678@139.com",
		"server 8.8.8.8, router 192.168.1.1, v1.2.3.4.5": "ip=8.8.8.8",
		"at 2606:4700:4700::1111 or fe80::1 or 12:30:45": "ip=2606:4700:4700::1111",
		"手机13812345678，":                                 "mobile=13812345678",
		"手机 138 1234 5678 或 138-1234-5678":               "mobile=138 1234 5678 | mobile=138-1234-5678",
		"１３８１２３４５６７８":                                    "mobile=１３８１２３４５６７８",
		"+86 13812345678":                                "mobile=+86 13812345678",
		"订单号 213812345678 与 1381234567":                  "",
		"call +1 415 555 2671 or 415-555-2671":           "phone=+1 415 555 2671 | phone=415-555-2671",
		"电话：010-62785001，0571-8888888":                   "landline=010-62785001 | landline=0571-8888888",
		"1999-12-31 and 2024-05-06, 3.14159265358979":    "",
		"身份证11010519491231002X，":                         "resident_id=11010519491231002X",
		"身份证 110105194912310021":                         "",
		"110105 19491231 002X":                           "resident_id=110105 19491231 002X",
		"130503670401001":                                "resident_id=130503670401001",
		"信用代码91350100M000100Y43":                         "credit_code=91350100M000100Y43",
		"信用代码91350100M000100Y44":                         "",
		"卡号 6222 0212 3456 7890 129?":                    "",
		"visa 4111 1111 1111 1111 and 4111111111111112":  "bank_card=4111 1111 1111 1111",
		"护照号E12345678，编号E12345678":                       "passport=E12345678",
		"E12345678":                                      "",
		"港澳通行证 H12345678":                                "permit=H12345678",
		"车牌京A12345与粤B·D12345，沪A1234":                     "plate=京A12345 | plate=粤B·D12345",
		"浙江A座12345":                                      "",
		"QQ：123456789 微信号：wx_abc123":                     "account=123456789 | account=wx_abc123",
		"病历号：0012345678，住院号 ZY20230017；编号0012345678":     "medical=0012345678 | medical=ZY20230017",
		"（2023）京0105民初12345号判决，(2021)最高法知民终8号。":          "case=（2023）京0105民初12345号 | case=(2021)最高法知民终8号",
		"（2023）京剧12345，(2021)年的第8号":                      "",
		"家住北京市朝阳区建国路88号3单元502室，电话13812345678":            "address=北京市朝阳区建国路88号3单元502室 | mobile=13812345678",
		"住址：浙江省杭州市西湖区文三路 100 号":                          "address=浙江省杭州市西湖区文三路 100 号",
		"他住在城市里，住在山上3年；地址不详，共3号":                         "",
		strings.Repeat("7", 5000):                        "",
		"\xff\xef\xbc1@\xef":                             "",
	} {
		if got := found(text); got != want {
			t.Errorf("%q\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	text := "jane@x.org, 13812345678; jane@x.org, 138-1234-5678, bob@x.org"
	list := Find(nil, text)
	for action, want := range map[Action]string{
		Keep: text,
		Mask: "****@*.***, ***********; ****@*.***, ***-****-****, ***@*.***",
		Tag:  "[EMAIL], [MOBILE]; [EMAIL], [MOBILE], [EMAIL]",
	} {
		if got := Redact(text, list, action, nil); got != want {
			t.Errorf("%s: %s", action, got)
		}
	}
	got := strings.FieldsFunc(Redact(text, list, Replace, []byte("k")), func(c rune) bool { return c == ',' || c == ';' || c == ' ' })
	if len(got) != 5 || got[0] != got[2] || got[1] != got[3] || got[0] == got[4] {
		t.Error(got)
	}
	other := Redact(text, list, Replace, []byte("other"))
	if strings.HasPrefix(other, got[0]) {
		t.Error("another key gives the same")
	}
	if again := Find(nil, strings.Join(got, " ")); len(again) != 3 { // the addresses of example.com alone
		t.Error(again)
	}
}

// Findings are in order, do not overlap, and redaction leaves what is between.
func FuzzFind(f *testing.F) {
	f.Add("jane@x.org +86 138 1234 5678 京A12345 2606:4700::1 110105 19491231 002X 微信:abc_123 １２３")
	f.Add("\xef\xbc\x91@@1.1.1.1.1")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		list := Find(nil, text)
		for _, x := range list {
			if x.Lo < last || x.Hi <= x.Lo || x.Hi > len(text) {
				t.Fatalf("%v in %q", list, text)
			}
			last = x.Hi
		}
		for _, a := range Actions {
			Redact(text, list, a, []byte("k"))
		}
	})
}

func BenchmarkFind(b *testing.B) {
	for name, text := range map[string]string{
		"en": strings.Repeat("On 12 May 2021 the committee met 14 members; write to info@example.org or call +1 415 555 2671. Prose goes on for a while after that, as it does. ", 500),
		"zh": strings.Repeat("2021年5月12日，委员会共有14人出席，联系电话13812345678。之后的正文没有个人信息，只有普通的句子和一些数字，例如3.5公斤。", 500),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Find(nil, text)
			}
		})
	}
}
