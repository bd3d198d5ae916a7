package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fake returns a client of a server that answers by handle.
func fake(t *testing.T, handle http.HandlerFunc) *client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c, err := newClient(server.URL+"/", "key")
	if err != nil {
		t.Fatal(err)
	}
	c.pause = time.Millisecond
	return c
}

func TestUpsertRequest(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		got := fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Apikey"), " ", r.Header.Get("Prefer"), " ", string(body), " ", err)
		if want := `POST /rest/v1/pairs?on_conflict=a%2Cb key resolution=merge-duplicates,return=minimal [{"a":1},{"a":2}] <nil>`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		w.WriteHeader(http.StatusCreated)
	})
	if err := c.upsert(t.Context(), "pairs", "a,b", []any{map[string]int{"a": 1}, map[string]int{"a": 2}}); err != nil {
		t.Error(err)
	}
}

func TestUpsertRetries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		statuses []int // the last one goes on
		requests int
		want     string // part of the error
	}{
		{"passes", []int{503, 429, 502, 200}, 4, ""},
		{"stays", []int{503}, attempts, "503 Service Unavailable: PGRST001 down (details) (hint)"},
		{"is refused", []int{403}, 1, "403 Forbidden: PGRST001 down (details) (hint): is this the server's secret key?"},
		{"is a conflict", []int{409}, 1, "409 Conflict: PGRST001 down"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
				status := tc.statuses[min(requests, len(tc.statuses)-1)]
				requests++
				w.WriteHeader(status)
				_ = json.NewEncoder(w).Encode(map[string]string{"code": "PGRST001", "message": "down", "details": "details", "hint": "hint"})
			})
			err := c.upsert(t.Context(), "t", "a", nil)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if requests != tc.requests {
				t.Errorf("%d requests, want %d", requests, tc.requests)
			}
		})
	}
}

func TestUpsertUnreachable(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
	})
	c.pause = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.upsert(ctx, "t", "a", nil); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want why the server could not be reached", err)
	}
}

func TestForeignAnswer(t *testing.T) {
	t.Parallel()
	c := fake(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not here", http.StatusNotFound) })
	if err := c.upsert(t.Context(), "t", "a", nil); err == nil || err.Error() != `404 Not Found: "not here\n"` {
		t.Error(err)
	}
}

func TestNewClient(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1:8090", "ftp://host", "http://", ":"} {
		if _, err := newClient(address, "key"); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}
