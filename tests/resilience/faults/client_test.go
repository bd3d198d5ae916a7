package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// answer is what a request came to. Status 0 means that nobody knows.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// unknown reports that the request may or may not have had its effect.
func (a answer) unknown() bool { return a.status == 0 || a.status >= 500 }

// newHTTPClient returns a client that never repeats a request by itself, as one
// with kept connections does when one of them ends.
func newHTTPClient(conns int) *http.Client {
	return &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: conns},
	}
}

// ask sends a request.
func ask(ctx context.Context, c *http.Client, method, url string, header [2]string, body string) answer {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}
	}
	r.GetBody = nil
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if header[0] != "" {
		r.Header.Set(header[0], header[1])
	}
	res, err := c.Do(r)
	if err != nil {
		return answer{}
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}
	}
	return answer{res.StatusCode, res.Header, text}
}

// either returns the first value in the short form of the tests.
func either[T any](short, whenLong T) T {
	if programtest.Long() {
		return whenLong
	}
	return short
}

// errorCode returns the code of an answer that is an error.
func errorCode(a answer) string {
	var e struct{ Code string }
	_ = json.Unmarshal(a.body, &e) // what is no error has no code
	return e.Code
}
