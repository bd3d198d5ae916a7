package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// tail keeps the end of what a server wrote, to say why it did not start.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const keep = 4096
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = bytes.Clone(t.text[max(0, len(t.text)-keep):])
	return len(p), nil
}

// last is the last line.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLine(string(t.text))
}

// startError adds to the error of a server that did not start what it wrote last.
func startError(err error, log string) error {
	last := lastLine(log)
	if strings.Contains(last, "could not create any TCP/IP sockets") {
		err = errors.Join(programtest.ErrInUse, err)
	}
	return fmt.Errorf("%w: %s", err, last)
}

// lastLine is the part of a server's output that says why it ended.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
