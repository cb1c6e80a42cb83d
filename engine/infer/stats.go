package infer

import "time"

// Stats is what an engine has done and is doing.
type Stats struct {
	Running, Waiting int // requests
	Pages            int // of the full layers
	PagesUsed        int // of them, those that requests hold
	PagesCached      int // of them, those kept for later requests

	PromptTokens int64 // of requests that ended
	CachedTokens int64 // of them, those read before
	Tokens       int64 // generated
	Drafted      int64 // guessed
	Accepted     int64 // of the guessed, those that held
	Steps        int64
	Restarts     int64         // requests whose memory went to an older one
	Busy         time.Duration // in steps
}

// now returns the batch's stats.
func (b *batch) now() Stats {
	s := b.stats
	s.Running, s.Waiting = len(b.live), b.queue.n
	s.Pages, s.PagesCached = b.tree.full.size, b.tree.idle.Len()
	s.PagesUsed = s.Pages - len(b.tree.full.free) - s.PagesCached
	return s
}
