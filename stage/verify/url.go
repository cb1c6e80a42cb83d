package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"suiren/internal/say"
)

// Bounds of asking a program.
const (
	askTime  = 30 * time.Second
	maxReply = 64 << 10
	tries    = 5                      // of a program that cannot be reached, or is busy
	pause    = 250 * time.Millisecond // before the second; twice as long before each further one
	atOnce   = 6                      // as many as wait where a server takes the usual five before it accepts one; a seventh would be asked again after a second
)

// errOutside is wrapped where an address is not of the owner's own network.
var errOutside = say.Errorf("the address is not of this machine or of a private network", "该地址不属于本机或内网")

// own reports whether an address is loopback or private. Link-local ones are not:
// there a cloud tells its machines their secrets.
func own(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsLoopback() || a.IsPrivate()
}

// client goes to the owner's own network only, whatever a name resolves to, and
// nowhere else: no proxy, no redirection. Each question has its own connection:
// a small server that serves one connection after another would leave the
// others waiting while one is kept.
var client = &http.Client{
	Timeout:       askTime,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport: &http.Transport{
		Proxy:             nil,
		DisableKeepAlives: true,
		MaxConnsPerHost:   atOnce,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil || !own(a.Addr()) {
				return fmt.Errorf("%s: %w", address, errOutside)
			}
			return nil
		}}).DialContext,
		ResponseHeaderTimeout: askTime,
	},
}

// endpoint: a program of the owner's is sent {"prompt": …, "answer": …} by POST
// and replies {"reward": 0 to 1}.
func endpoint(address string) (func(context.Context, string, string) (float64, error), error) {
	u, err := url.Parse(address)
	shown := address[strings.LastIndex(address, "@")+1:] // no password
	if err == nil {
		shown = u.Redacted()
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		err = say.Errorf("it is not http or https", "不是 http 或 https")
	}
	if err == nil {
		_, wrong := strconv.ParseUint(cmp.Or(u.Port(), "80"), 10, 16)
		if a, not := netip.ParseAddr(u.Hostname()); not == nil && !own(a) {
			err = errOutside
		} else if wrong != nil {
			err = say.Errorf("a port is a number up to 65535", "端口最大为 65535")
		}
	}
	if err != nil {
		return nil, &say.Error{What: say.T("%s cannot be asked: %v", "无法访问 %s：%v", clip(shown), err), Next: say.T("write an address like http://127.0.0.1:8000/reward", "请写成 http://127.0.0.1:8000/reward 这样的地址")}
	}
	return func(ctx context.Context, prompt, answer string) (float64, error) {
		body, err := json.Marshal(map[string]string{"prompt": prompt, "answer": answer})
		if err != nil {
			return 0, err
		}
		reward, again, err := ask(ctx, address, body)
		asked := 1
		for ; again && asked < tries; asked++ {
			select {
			case <-time.After(pause << (asked - 1)):
				reward, again, err = ask(ctx, address, body)
			case <-ctx.Done():
				again, err = false, ctx.Err()
			}
		}
		if err != nil {
			return 0, askError(shown, prompt, err, asked)
		}
		return reward, nil
	}, nil
}

// A status is the answer of a program that gave no reward.
type status struct {
	code int
	text string
	to   string // where it would send who asks
}

func (s *status) Error() string { return "it answered " + s.text }

// askError says why a program gave no reward for an answer to a problem, however often it
// was asked, and what to do about it.
func askError(address, prompt string, err error, asked int) error {
	e := &say.Error{Where: address, Err: err, What: say.T("the reward cannot be had: %v", "无法取得奖励：%v", err),
		Next: say.T(`the program replies {"reward": 0 to 1} within %v, asked %d times at once`, `程序须在 %v 内返回 {"reward": 0 到 1}；会同时问它 %d 次`, say.Seconds(askTime.Seconds()), atOnce)}
	op, _ := errors.AsType[*net.OpError](err)
	late, _ := errors.AsType[net.Error](err)
	got, answered := errors.AsType[*status](err)
	again := say.T("then run the same command again: it goes on where it stopped", "然后重新运行同一命令，会从中断处继续")
	switch {
	case errors.Is(err, errOutside) || errors.Is(err, context.Canceled):
	case op != nil && op.Op == "dial":
		e.What = say.T("the program that gives the reward cannot be reached", "连接不上给出奖励的程序")
		e.Next = say.T("start it, %v", "请启动它，%v", again)
	case answered:
		e.What = say.T("the reward cannot be had: it answered %s", "无法取得奖励：它返回 %s", got.text)
		switch {
		case got.code/100 == 3 && got.to != "":
			e.Next = say.T("no redirection is followed: write the address that replies itself in url; this one leads to %s", "不跟随重定向：请在 url 中写直接应答的地址；此地址指向 %s", clip(got.to))
		case got.code/100 == 3:
			e.Next = say.T("no redirection is followed: write the address that replies itself in url", "不跟随重定向：请在 url 中写直接应答的地址")
		case got.code/100 == 4 && !slices.Contains(busy, got.code):
			e.Next = say.T(`look at the path in url, and whether the program takes POST with {"prompt", "answer"}`, `请检查 url 中的路径，以及程序是否接受带 {"prompt", "answer"} 的 POST`)
		case slices.Contains(busy, got.code):
			e.Next = say.T("let it take %d questions at once, %v", "请让它能同时应答 %d 个请求，%v", atOnce, again)
		default:
			e.Next = say.T("the program failed at this answer: look at what it wrote to its log, mend it, %v", "程序在处理此回答时出错：请查看它的日志并修正，%v", again)
		}
	case late != nil && late.Timeout():
		e.What = say.T("the reward cannot be had: no reply came in time", "无法取得奖励：没有及时返回")
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET):
		e.What = say.T("the reward cannot be had: the program closed the connection before it had replied", "无法取得奖励：程序还没有应答就关闭了连接")
		e.Next = say.T("it may have crashed at this answer: look at what it wrote to its log, mend it, %v", "它可能在处理此回答时崩溃：请查看它的日志并修正，%v", again)
	}
	if asked == tries {
		e.What = say.T("%v; it was asked %d times", "%v；已问了 %d 次", e.What, asked)
	}
	if prompt != "" {
		e.What = say.T("%v (for an answer to %q)", "%v（针对题目 %q 的回答）", e.What, clip(prompt))
	}
	return e
}

// ask asks once. again says that the program may answer in a moment: it starts anew, or
// has too much to do. One that let the time run out is not asked again.
func ask(ctx context.Context, address string, body []byte) (reward float64, again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, false, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return 0, passing(err), err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	if err != nil {
		return 0, passing(err), err
	}
	var r struct {
		Reward *float64 `json:"reward"`
	}
	switch {
	case res.StatusCode != http.StatusOK:
		return 0, slices.Contains(busy, res.StatusCode), &status{res.StatusCode, res.Status, res.Header.Get("Location")}
	case len(text) > maxReply:
		return 0, false, say.Errorf("its reply is longer than %d bytes", "返回内容超过 %d 字节", maxReply)
	}
	if err := json.Unmarshal(text, &r); err != nil || r.Reward == nil || !(*r.Reward >= 0 && *r.Reward <= 1) {
		return 0, false, say.Errorf("there is no reward between 0 and 1 in its reply: %s", "返回内容中没有 0 到 1 之间的 reward：%s", clip(string(text)))
	}
	return *r.Reward, false, nil
}

// busy are the statuses of a program that has too much to do, or of what stands before one
// that starts anew.
var busy = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// passing reports whether a connection that failed may be had in a moment.
func passing(err error) bool {
	late, _ := errors.AsType[net.Error](err)
	return !errors.Is(err, errOutside) && !errors.Is(err, context.Canceled) && !(late != nil && late.Timeout())
}
