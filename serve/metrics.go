package serve

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"suiren/serve/form"
)

// The metrics bear the names that boards for llama.cpp and vLLM know, after
// our own prefix.
type metrics struct {
	handler http.Handler

	promptTokens    prometheus.Counter
	predictedTokens prometheus.Counter
	thoughtTokens   prometheus.Counter
	cpu             prometheus.Counter
	energy          prometheus.Counter
	requests        *prometheus.CounterVec // by finished_reason
	ratings         *prometheus.CounterVec // by rating
	sentences       *prometheus.CounterVec // of answers that were written from passages, by whether they rest on them
	corrected       prometheus.Counter

	// By the name of the key. Names are the owner's, so there are not many.
	callerRequests, callerPrompt, callerPredicted *prometheus.CounterVec

	promptSeconds    prometheus.Counter
	predictedSeconds prometheus.Counter
	cachedTokens     prometheus.Counter

	first   prometheus.Histogram
	each    prometheus.Histogram
	between prometheus.Histogram
	whole   prometheus.Histogram
	wait    prometheus.Histogram
	settle  prometheus.Histogram
}

func newMetrics(s *Server) *metrics {
	reg := prometheus.NewRegistry()
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "suiren", Name: name, Help: help})
		reg.MustRegister(c)
		return c
	}
	labelled := func(name, help, label string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "suiren", Name: name, Help: help}, []string{label})
		reg.MustRegister(c)
		return c
	}
	// Buckets double: from a millisecond for a token to minutes for an answer.
	seconds := func(name, help string, first float64, n int) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: "suiren", Name: name, Help: help,
			Buckets: prometheus.ExponentialBuckets(first, 2, n)})
		reg.MustRegister(h)
		return h
	}
	gauge := func(name, help string, f func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "suiren", Name: name, Help: help}, f))
	}
	gauge("requests_processing", "Requests being generated.", func() float64 { return float64(len(s.queue.slots)) })
	gauge("requests_deferred", "Requests waiting for a slot.", func() float64 { return float64(s.queue.waiting.Load()) })
	state := func(name, help string, f func(form.Stats) (part, whole int)) {
		gauge(name, help, func() float64 { return s.stat(f) })
	}
	state("kv_cache_usage_perc", "Share of the memory for keys and values that is in use, 0 to 1.",
		func(t form.Stats) (int, int) { return t.PagesUsed, t.Pages })
	state("prefix_cache_hit_rate", "Share of the prompts' tokens that were read before, 0 to 1.",
		func(t form.Stats) (int, int) { return t.Hits, t.Asked })
	state("spec_decode_draft_acceptance_rate", "Share of the guessed tokens that held, 0 to 1.",
		func(t form.Stats) (int, int) { return t.Accepted, t.Drafted })
	gauge("num_requests_running", "Answers in the batch.", func() float64 { return s.sum(func(t form.Stats) int { return t.Running }) })
	gauge("num_requests_waiting", "Answers waiting for memory or a place in the batch.", func() float64 { return s.sum(func(t form.Stats) int { return t.Waiting }) })
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &metrics{
		handler:          promhttp.HandlerFor(reg, promhttp.HandlerOpts{}),
		promptTokens:     counter("prompt_tokens_total", "Tokens of prompts."),
		predictedTokens:  counter("tokens_predicted_total", "Tokens generated, thoughts included."),
		thoughtTokens:    counter("reasoning_tokens_total", "Tokens of thoughts."),
		cpu:              counter("request_cpu_seconds_total", "Processor time spent on requests."),
		requests:         labelled("request_success_total", "Requests that ended, by how.", "finished_reason"),
		callerRequests:   labelled("caller_requests_total", "Requests that ended, by key.", "caller"),
		callerPrompt:     labelled("caller_prompt_tokens_total", "Tokens of prompts, by key.", "caller"),
		callerPredicted:  labelled("caller_tokens_predicted_total", "Tokens generated, by key.", "caller"),
		ratings:          labelled("feedback_total", "Ratings of answers.", "rating"),
		sentences:        labelled("sentences_total", "Sentences of answers that were written from passages, by whether these hold them.", "supported"),
		corrected:        counter("citations_corrected_total", "Numbers of passages in them that were put right or taken out."),
		promptSeconds:    counter("prompt_seconds_total", "From requests to the first pieces of their answers, without the queue."),
		predictedSeconds: counter("tokens_predicted_seconds_total", "From first pieces to the ends of answers."),
		cachedTokens:     counter("prompt_cached_tokens_total", "Tokens of prompts that were read before."),
		each:             seconds("time_per_output_token_seconds", "Of an answer after its first piece, by token.", 0.0005, 16),
		first:            seconds("time_to_first_token_seconds", "From the request to the first piece of its answer.", 0.001, 18),
		between:          seconds("inter_token_latency_seconds", "Between two pieces of an answer.", 0.0005, 16),
		whole:            seconds("e2e_request_latency_seconds", "From the request to the end of its answer.", 0.01, 18),
		settle:           seconds("settle_seconds", "To write a request into the books.", 0.0002, 16),
		energy:           counter("request_energy_joules_total", "Energy of the processor spent on requests, where it has a meter."),
		wait:             seconds("request_queue_time_seconds", "In the queue.", 0.001, 18),
	}
}

func (m *metrics) write(w http.ResponseWriter, r *http.Request) error {
	m.handler.ServeHTTP(w, r)
	return nil
}

// forget takes a caller's own lines out; the sums of all keep what was counted.
func (m *metrics) forget(caller string) {
	for _, v := range []*prometheus.CounterVec{m.callerRequests, m.callerPrompt, m.callerPredicted} {
		if caller == "" {
			v.Reset()
		}
		v.DeleteLabelValues(caller)
	}
}

func (m *metrics) count(r *Record) {
	m.promptTokens.Add(float64(r.Usage.Prompt))
	m.predictedTokens.Add(float64(r.Usage.Completion))
	m.thoughtTokens.Add(float64(r.Usage.Reasoning))
	m.cpu.Add(max(r.CPUSeconds, 0))
	m.energy.Add(max(r.Joules, 0))
	m.requests.WithLabelValues(r.Reason).Inc()
	m.callerRequests.WithLabelValues(r.Caller).Inc()
	m.callerPrompt.WithLabelValues(r.Caller).Add(float64(r.Usage.Prompt))
	m.callerPredicted.WithLabelValues(r.Caller).Add(float64(r.Usage.Completion))
	m.cachedTokens.Add(float64(r.Usage.Cached))
	if r.First > 0 {
		m.promptSeconds.Add(max(0, (r.First - r.Wait).Seconds()))
		m.predictedSeconds.Add((r.Total - r.First).Seconds())
		if n := r.Usage.Completion - 1; n > 0 {
			m.each.Observe((r.Total - r.First).Seconds() / float64(n))
		}
	}
	for _, s := range r.Marks {
		m.sentences.WithLabelValues(strconv.FormatBool(s.Supported)).Inc()
		m.corrected.Add(float64(s.Corrected))
	}
	m.whole.Observe(r.Total.Seconds())
	m.wait.Observe(r.Wait.Seconds())
}

// sum adds up a count of what answers.
func (s *Server) sum(f func(form.Stats) int) float64 {
	n := 0
	for _, rel := range s.releases() {
		if t, ok := rel.Answerer.(form.Reporter); ok {
			n += f(t.Stats())
		}
	}
	return float64(n)
}

// stat is a share of a whole over all that answers, 0 of nothing.
func (s *Server) stat(f func(form.Stats) (part, whole int)) float64 {
	part := s.sum(func(t form.Stats) int { n, _ := f(t); return n })
	whole := s.sum(func(t form.Stats) int { _, n := f(t); return n })
	return part / max(1, whole)
}
