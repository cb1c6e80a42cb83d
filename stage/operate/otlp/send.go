package otlp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"suiren/internal/say"
	"suiren/stage/operate/ledger"
)

// A Sender sends traces to the owner's collector, some at a time. It dials
// nowhere else: it follows no redirects and knows no proxies.
type Sender struct {
	url     string
	version string
	client  *http.Client
	log     *slog.Logger
	every   time.Duration

	mu    sync.Mutex
	queue []*ledger.Trace
	lost  int
	wake  chan struct{}
	end   context.CancelFunc
	over  sync.WaitGroup
}

// Traces wait in memory while the collector does not answer; the oldest go.
const (
	maxQueue = 4096
	maxSend  = 256
)

// NewSender begins to send to a collector's address, as http://10.0.0.5:4318.
func NewSender(address, version string, log *slog.Logger) (*Sender, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &say.Error{Where: "--otlp", What: say.T("%q is no address of a collector", "%q 不是收集器的地址", address),
			Next: say.T("write it like http://10.0.0.5:4318", "请写成 http://10.0.0.5:4318 的样子")}
	}
	if !strings.HasSuffix(u.Path, "/v1/traces") {
		u = u.JoinPath("v1", "traces")
	}
	s := &Sender{url: u.String(), version: version, log: log, every: 5 * time.Second, wake: make(chan struct{}, 1), client: &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: nil, MaxIdleConns: 1, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	ctx, cancel := context.WithCancel(context.Background())
	s.end = cancel
	s.over.Go(func() { s.loop(ctx) })
	return s, nil
}

// Send takes a trace to be sent soon. It does not wait.
func (s *Sender) Send(t *ledger.Trace) {
	plain := *t
	plain.Content = nil
	s.mu.Lock()
	if len(s.queue) == maxQueue {
		s.queue = s.queue[1:]
		s.lost++
	}
	s.queue = append(s.queue, &plain)
	full := len(s.queue) >= maxSend
	s.mu.Unlock()
	if full {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Close sends what waits, once, and ends.
func (s *Sender) Close() error {
	s.end()
	s.over.Wait()
	return s.flush()
}

func (s *Sender) loop(ctx context.Context) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.wake:
			if failed { // the ticker sets the pace of trying again
				continue
			}
		}
		err := s.flush()
		if err != nil && !failed {
			s.log.Warn("traces do not reach the collector", "err", err)
		}
		failed = err != nil
	}
}

// flush sends what waits. What the collector did not take waits on.
func (s *Sender) flush() error {
	for {
		s.mu.Lock()
		list := s.queue[:min(len(s.queue), maxSend)]
		lost := s.lost
		s.mu.Unlock()
		if len(list) == 0 {
			return nil
		}
		retry, err := s.post(list)
		if retry {
			return err
		}
		s.mu.Lock()
		s.queue = s.queue[max(0, len(list)-(s.lost-lost)):] // some may have gone meanwhile
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// post sends traces, and reports whether to try again.
func (s *Sender) post(list []*ledger.Trace) (retry bool, err error) {
	b, err := proto.Marshal(Encode(list, s.version))
	if err != nil {
		return false, err
	}
	resp, err := s.client.Post(s.url, "application/x-protobuf", bytes.NewReader(b))
	if err != nil {
		return true, err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	switch resp.StatusCode {
	case http.StatusOK, http.StatusAccepted:
		return false, nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout: // by the protocol
		return true, fmt.Errorf("otlp: the collector says %s", resp.Status)
	}
	return false, errors.New("otlp: the collector refused the traces: " + resp.Status)
}
