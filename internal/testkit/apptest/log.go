package apptest

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// Log is a log of JSON lines that a test reads. It is safe for concurrent use.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements [io.Writer].
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// Taken returns the lines since the last call, each an object.
func (l *Log) Taken(t *testing.T) (lines []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.buf.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, m)
	}
	l.buf.Reset()
	return lines
}

// Requested returns the access log line of the only request since the last call.
func (l *Log) Requested(t *testing.T) (line map[string]any) {
	t.Helper()
	for _, one := range l.Taken(t) {
		if one["method"] == nil || one["duration_ms"] == nil {
			continue
		}
		if line != nil {
			t.Errorf("another line: %v", one)
		}
		line = one
	}
	return line
}
