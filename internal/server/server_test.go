package server_test

import (
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/server"
)

// TestServerLimits holds the server to the limits that operators are told of, and none of
// them is missing.
func TestServerLimits(t *testing.T) {
	t.Parallel()
	s := server.NewServer(server.Config{})
	for name, tt := range map[string]struct{ got, want time.Duration }{
		"header": {s.ReadHeaderTimeout, 5 * time.Second},
		"read":   {s.ReadTimeout, 30 * time.Second},
		"write":  {s.WriteTimeout, 60 * time.Second},
		"idle":   {s.IdleTimeout, 90 * time.Second},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", name, tt.got, tt.want)
		}
	}
	if header := s.MaxHeaderBytes + 4<<10; header != 32<<10 { // which net/http adds
		t.Errorf("headers of %d bytes", header)
	}
	if streams := s.HTTP2.MaxConcurrentStreams; streams != 100 {
		t.Errorf("%d streams", streams)
	}
}

// TestServerTimeouts: bodies and answers may take as long as their requests.
func TestServerTimeouts(t *testing.T) {
	t.Parallel()
	for request, want := range map[time.Duration][2]time.Duration{
		0:                {30 * time.Second, 60 * time.Second},
		5 * time.Second:  {30 * time.Second, 60 * time.Second},
		5 * time.Minute:  {5 * time.Minute, 5*time.Minute + 30*time.Second},
		45 * time.Second: {45 * time.Second, 75 * time.Second},
	} {
		s := server.NewServer(server.Config{RequestTimeout: request})
		if got := [2]time.Duration{s.ReadTimeout, s.WriteTimeout}; got != want {
			t.Errorf("of %s: %s, want %s", request, got, want)
		}
	}
}

// TestWriteTimeoutOutlastsRequests: however long a request may take, there is time to say
// that it has taken too long.
func TestWriteTimeoutOutlastsRequests(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{0: time.Minute, 10 * time.Second: time.Minute, 5 * time.Minute: 330 * time.Second} {
		if got := server.NewServer(server.Config{RequestTimeout: timeout}).WriteTimeout; got != want {
			t.Errorf("of %s: %s, want %s", timeout, got, want)
		}
	}
}
