package browsertest

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// patience is how long a browser may take for all of a test, on a busy machine.
const patience = 2 * time.Minute

// Browser is a Chromium. It speaks the DevTools protocol through two pipes, where messages
// are JSON and end with a zero byte, so that it listens on no port.
type Browser struct {
	ctx context.Context
	out io.Writer

	mu     sync.Mutex
	asked  int
	waits  map[int]chan reply
	ending error // why nothing is read any more
	events func(session string, event event)
}

// reply is a message of the browser: the answer to a call, or an event.
type reply struct {
	ID      int             `json:"id"`
	Session string          `json:"sessionId"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error"`
	event
}

type event struct {
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// Start starts a Chromium that ends with the test. Without Chromium the test is skipped or
// failed, see [programtest.Missing].
func Start(tb testing.TB) *Browser {
	tb.Helper()
	path, err := exec.LookPath(cmp.Or(os.Getenv("CHROMIUM"), "chromium"))
	if err != nil || programtest.Without() {
		programtest.Missing(tb, "chromium", "CHROMIUM names a browser that is not in PATH")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	tb.Cleanup(cancel)
	theirIn, in := pipe(tb)
	out, theirOut := pipe(tb)
	args := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + folder(tb), "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "about:blank",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // which root cannot have
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // descriptors 3 and 4
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &Browser{ctx: ctx, out: in, waits: map[int]chan reply{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(out)
	}()
	tb.Cleanup(func() {
		_ = b.send("", "Browser.close", nil, nil) // or ctx kills it
		_ = cmd.Wait()                            // its status says nothing about the test
		in.Close()
		<-read
		out.Close()
		if tb.Failed() {
			tb.Logf("chromium said: %s", said.Bytes())
		}
	})
	return b
}

// folder returns a folder that is removed as far as possible: processes of the browser may
// write for a moment after its end, which would fail a test with TempDir.
func folder(tb testing.TB) string {
	tb.Helper()
	path, err := os.MkdirTemp("", "plinth-browser")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(path) })
	return path
}

func pipe(tb testing.TB) (r, w *os.File) {
	tb.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		tb.Fatal(err)
	}
	return r, w
}

// send calls a method of the browser, or of the page with a session.
func (b *Browser) send(session, method string, params, result any) error {
	answer := make(chan reply, 1)
	b.mu.Lock()
	b.asked++
	id, err := b.asked, b.ending
	b.waits[id] = answer
	b.mu.Unlock()
	if err != nil {
		return err
	}
	message, err := json.Marshal(struct {
		ID      int    `json:"id"`
		Session string `json:"sessionId,omitempty"`
		Method  string `json:"method"`
		Params  any    `json:"params,omitempty"`
	}{id, session, method, params})
	if err != nil {
		return err
	}
	if _, err := b.out.Write(append(message, 0)); err != nil {
		return err
	}
	select {
	case r, open := <-answer:
		switch {
		case !open:
			return errors.New("the browser has ended")
		case r.Error != nil:
			return errors.New(r.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-b.ctx.Done():
		return b.ctx.Err()
	}
}

// read delivers replies and events until the browser has ended.
func (b *Browser) read(in io.Reader) {
	lines := bufio.NewReader(in)
	for {
		message, err := lines.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.ending = err
			for _, answer := range b.waits {
				close(answer)
			}
			return
		}
		var r reply
		if json.Unmarshal(bytes.TrimSuffix(message, []byte{0}), &r) != nil {
			continue
		}
		b.mu.Lock()
		if answer, waiting := b.waits[r.ID]; waiting {
			delete(b.waits, r.ID)
			answer <- r
		} else if r.ID == 0 && b.events != nil {
			b.events(r.Session, r.event)
		}
		b.mu.Unlock()
	}
}
