package middleware_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// TestDeadline: a handler that waits by its context ends at the deadline with 504, whatever
// it then writes. An answer that has begun stays as it is.
func TestDeadline(t *testing.T) {
	t.Parallel()
	wait := func(r *http.Request) error {
		select {
		case <-r.Context().Done():
			return r.Context().Err()
		case <-time.After(time.Minute):
			return nil
		}
	}
	tests := []struct {
		name   string
		opts   middleware.DeadlineOptions
		h      http.HandlerFunc
		took   time.Duration
		status int
		body   string
	}{
		{"in time", middleware.DeadlineOptions{}, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(29 * time.Second)
			w.WriteHeader(http.StatusCreated)
		}, 29 * time.Second, 201, ""},
		{"writes nothing", middleware.DeadlineOptions{}, func(_ http.ResponseWriter, r *http.Request) { _ = wait(r) }, 30 * time.Second, 504, `"code":"PL504"`},
		{"reports the error", middleware.DeadlineOptions{After: time.Second}, func(w http.ResponseWriter, r *http.Request) {
			problem.Write(w, r, wait(r), problem.Options{Logger: discard()})
		}, time.Second, 504, `"details":"at most 1s"`},
		{"reports the statement's", middleware.DeadlineOptions{After: time.Second}, func(w http.ResponseWriter, r *http.Request) {
			_ = wait(r)
			problem.Write(w, r, &problem.Error{Code: problem.StatementTimeout}, problem.Options{Logger: discard()})
		}, time.Second, 504, "PL504"},
		{"statement first", middleware.DeadlineOptions{}, func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), time.Second)
			defer cancel()
			problem.Write(w, r, wait(r.WithContext(ctx)), problem.Options{Logger: discard()})
		}, time.Second, 400, "57014"},
		{"begun", middleware.DeadlineOptions{After: time.Second}, func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("half"))
			_ = wait(r)
		}, time.Second, 200, "half"},
		{"own answer", middleware.DeadlineOptions{After: time.Second}, func(w http.ResponseWriter, r *http.Request) {
			_ = wait(r)
			w.WriteHeader(http.StatusTeapot)
		}, time.Second, 418, ""},
		{"exempt", middleware.DeadlineOptions{Exempt: func(r *http.Request) bool { return r.URL.Path == "/stream" }}, func(_ http.ResponseWriter, r *http.Request) {
			if err := wait(r); err != nil {
				t.Error(err)
			}
		}, time.Minute, 200, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if tt.opts.Refuse == nil {
					tt.opts.Refuse = func(w http.ResponseWriter, r *http.Request, err error) {
						problem.Write(w, r, err, problem.Options{Logger: discard()})
					}
				}
				began := time.Now()
				w := serve(tt.h, httptest.NewRequest(http.MethodGet, "/stream", nil), middleware.Must(middleware.Deadline(tt.opts)))
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %s, want %s", took, tt.took)
				}
				if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
					t.Errorf("status %d, want %d with %s: %s", w.Code, tt.status, tt.body, w.Body)
				}
			})
		})
	}
}

// TestDeadlineClientGone: a client that has gone gets no answer.
func TestDeadlineClientGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
	refused := false
	serve(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
		if !errors.Is(context.Cause(r.Context()), context.Canceled) {
			t.Errorf("cause %v", context.Cause(r.Context()))
		}
	}, r, middleware.Must(middleware.Deadline(middleware.DeadlineOptions{Refuse: func(http.ResponseWriter, *http.Request, error) { refused = true }})))
	if refused {
		t.Error("a client that has gone is answered")
	}
}

// TestDeadlineKeepsRoute: the pattern of the standard router reaches the log.
func TestDeadlineKeepsRoute(t *testing.T) {
	t.Parallel()
	var log lines
	mux := http.NewServeMux()
	mux.HandleFunc("POST /notes/{id}", func(http.ResponseWriter, *http.Request) { panic("a bug") })
	r := httptest.NewRequest(http.MethodPost, "/notes/7", strings.NewReader("x"))
	r.ContentLength = -1
	chain(mux, middleware.AccessLog(middleware.AccessLogOptions{Logger: log.logger()}),
		middleware.Recover(middleware.RecoverOptions{Logger: discard(), Refuse: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(500) }}),
		middleware.Must(middleware.Limits(middleware.LimitsOptions{})), middleware.Must(middleware.Deadline(middleware.DeadlineOptions{}))).ServeHTTP(httptest.NewRecorder(), r)
	if line := log.one(t); line["route"] != "POST /notes/{id}" || line["status"] != 500.0 {
		t.Errorf("log: %v", line)
	}
}

func TestDeadlineNegative(t *testing.T) {
	t.Parallel()
	if _, err := middleware.Deadline(middleware.DeadlineOptions{After: -1}); err == nil {
		t.Error("a negative deadline is taken")
	}
}
