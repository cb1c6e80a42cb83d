package serve

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The metrics bear the names that boards for llama.cpp and vLLM know, after
// our own prefix.
type metrics struct {
	handler http.Handler

	promptTokens    prometheus.Counter
	predictedTokens prometheus.Counter
	thoughtTokens   prometheus.Counter
	cpu             prometheus.Counter
	requests        *prometheus.CounterVec // by finished_reason
	ratings         *prometheus.CounterVec // by rating

	first   prometheus.Histogram
	between prometheus.Histogram
	whole   prometheus.Histogram
	wait    prometheus.Histogram
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
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &metrics{
		handler:         promhttp.HandlerFor(reg, promhttp.HandlerOpts{}),
		promptTokens:    counter("prompt_tokens_total", "Tokens of prompts."),
		predictedTokens: counter("tokens_predicted_total", "Tokens generated, thoughts included."),
		thoughtTokens:   counter("reasoning_tokens_total", "Tokens of thoughts."),
		cpu:             counter("request_cpu_seconds_total", "Processor time spent on requests."),
		requests:        labelled("request_success_total", "Requests that ended, by how.", "finished_reason"),
		ratings:         labelled("feedback_total", "Ratings of answers.", "rating"),
		first:           seconds("time_to_first_token_seconds", "From the request to the first piece of its answer.", 0.001, 18),
		between:         seconds("inter_token_latency_seconds", "Between two pieces of an answer.", 0.0005, 16),
		whole:           seconds("e2e_request_latency_seconds", "From the request to the end of its answer.", 0.01, 18),
		wait:            seconds("request_queue_time_seconds", "In the queue.", 0.001, 18),
	}
}

func (m *metrics) write(w http.ResponseWriter, r *http.Request) error {
	m.handler.ServeHTTP(w, r)
	return nil
}

func (m *metrics) count(r *Record) {
	m.promptTokens.Add(float64(r.Usage.Prompt))
	m.predictedTokens.Add(float64(r.Usage.Completion))
	m.thoughtTokens.Add(float64(r.Usage.Reasoning))
	m.cpu.Add(max(r.CPUSeconds, 0))
	m.requests.WithLabelValues(r.Reason).Inc()
	m.whole.Observe(r.Total.Seconds())
	m.wait.Observe(r.Wait.Seconds())
}
