package pii

import (
	"fmt"
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	for text, want := range map[string]string{
		"key sk-proj-Ab3dEf6hIj9kLm2nOp5q, and":                                   "api_key=sk-proj-Ab3dEf6hIj9kLm2nOp5q",
		"sk-learn-is-a-library-for-learning is fine":                              "",
		"ghp_0123456789abcdefghijABCDEFGHIJ012345.":                               "api_key=ghp_0123456789abcdefghijABCDEFGHIJ012345",
		"AKIAIOSFODNN7EXAMPLE":                                                    "api_key=AKIAIOSFODNN7EXAMPLE",
		"xAKIAIOSFODNN7EXAMPLE and AKIA alone":                                    "",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-_":                  "token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-_",
		"dsn postgres://app:s3cr3t@db.local:5432/x?y=1 end":                       "connection=postgres://app:s3cr3t@db.local:5432/x?y=1",
		"https://example.com/a:b@c and ftp://u@h":                                 "",
		"password = \"hunter!2\"":                                                 "password=hunter!2",
		"The password is required; password: optional":                            "",
		"密码是Abc12345，口令：******":                                                   "password=Abc12345",
		"API_KEY=9f8e7d6c5b4a39281706":                                            "token=9f8e7d6c5b4a39281706",
		"Authorization: Bearer q1w2e3r4t5y6u7i8o9":                                "token=q1w2e3r4t5y6u7i8o9",
		"token: ${TOKEN_2024_VALUE}; the token ring 802.5":                        "",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nx": "private_key=-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
		"-----BEGIN CERTIFICATE-----\nMIIE":                                       "",
	} {
		var got []string
		for _, f := range Secrets(nil, text) {
			got = append(got, fmt.Sprintf("%s=%s", f.Kind, text[f.Lo:f.Hi]))
		}
		if s := strings.Join(got, " | "); s != want {
			t.Errorf("%q\n got %s\nwant %s", text, s, want)
		}
	}
}

func FuzzSecrets(f *testing.F) {
	f.Add("password: x1y2z3 sk-aaaa eyJ -----BEGIN PRIVATE KEY a://b:c@d 密码：")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, x := range Secrets(nil, text) {
			if x.Lo < last || x.Hi <= x.Lo || x.Hi > len(text) {
				t.Fatalf("%v in %q", x, text)
			}
			last = x.Hi
		}
	})
}
