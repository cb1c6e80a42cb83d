package browser

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// pictureBook takes a picture of every page for docs/console: by day in English, by
// night in Chinese.
func pictureBook(t *testing.T, browser context.Context, origin string) {
	p := open(t, browser, origin+"/#chat", false)
	defer p.close()
	p.on(t)
	p.wait(`document.getElementById("question")`)
	p.size(1180, 780)
	p.empty()
	defer p.choose(".switches select:last-child", "auto")
	for _, c := range []struct{ lang, theme, suffix, question string }{
		{"en", "light", "", tongues[1].handbook}, {"zh-CN", "dark", ".zh", tongues[0].handbook},
	} {
		p.choose(".switches select", c.lang)
		p.choose(".switches select:last-child", c.theme)
		for _, page := range p.pages() {
			p.turn(page)
			if page == "chat" {
				ask(p, c.question)
			}
			p.wait(`!document.querySelector("main").innerText.match(/Asking the server|正在连接/)`)
			if page == "training" {
				p.wait(`document.querySelectorAll(".curve path.line").length > 3`)
			}
			eval[bool](p, `(document.activeElement.blur(), scrollTo(0, 0), true)`)
			eval[bool](p, noPaths)
			p.webp(filepath.Join(*book, page+c.suffix+".webp"))
		}
	}
	p.choose(".switches select", "en")
}

// empty deletes the conversations that the checks have left, once they are read.
func (p *tab) empty() {
	p.t.Helper()
	p.wait(`document.querySelector(".shelf li")`)
	if p.count(".shelf li") > 1 {
		p.click(".shelf > button")
		p.click(".shelf [role=group] button")
		p.wait(`!document.querySelector(".shelf li")`)
	}
}

// noPaths puts a house of nobody's in the place of where things lie on this machine.
const noPaths = `(() => {
	const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		texts.currentNode.data = texts.currentNode.data.replace(/(^|[\s(:=])\/(?:[\w.+-]+\/)+/g, "$1/home/suiren/");
	}
	return true;
})()`

// webp writes a picture of the window, small.
func (p *tab) webp(path string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		quality := int64(80)
		r, err := chromedp.Call(ctx, cdpage.CaptureScreenshot, cdpage.CaptureScreenshotParams{Format: "webp", Quality: &quality})
		if err != nil {
			return err
		}
		return os.WriteFile(path, r.Data, 0o644)
	}))
}
