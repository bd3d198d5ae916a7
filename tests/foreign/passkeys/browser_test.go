package passkeys_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// patience is how long a browser may take for anything, on a machine with other
// things to do.
const patience = 2 * time.Minute

// browser is a Chromium with one page. It speaks the DevTools protocol through two
// pipes, where messages are JSON and end with a zero byte, so that it listens on no
// port. Its methods are for one goroutine.
type browser struct {
	ctx     context.Context
	out     io.Writer
	session string // of the page

	mu     sync.Mutex
	asked  int
	waits  map[int]chan reply
	ending error // why nothing is read any more
}

type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// start starts a Chromium that ends with the test, which is skipped or failed
// where there is none.
func start(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath(cmp.Or(os.Getenv("CHROMIUM"), "chromium"))
	if err != nil {
		programtest.Missing(t, "chromium", "CHROMIUM names a browser that is not in PATH")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	theirIn, in := pipe(t)
	out, theirOut := pipe(t)
	args := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + folder(t), "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "about:blank",
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
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{ctx: ctx, out: in, waits: map[int]chan reply{}}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b.read(out)
	}()
	t.Cleanup(func() {
		_ = b.send("", "Browser.close", nil, nil) // or it is killed with ctx
		_ = cmd.Wait()                            // its status tells nothing of the test
		in.Close()
		<-read
		out.Close()
		if t.Failed() {
			t.Logf("chromium said: %s", said.Bytes())
		}
	})
	b.open(t)
	return b
}

// folder returns one that is removed as far as it goes: helpers of the browser may
// write for a moment after it has ended, which would fail a test with TempDir.
func folder(t *testing.T) string {
	t.Helper()
	path, err := os.MkdirTemp("", "plinth-passkeys")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(path) })
	return path
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// open makes the page that everything happens on.
func (b *browser) open(t *testing.T) {
	t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	b.must(t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.must(t, "Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.Session
	b.must(t, "Page.enable", nil, nil)
	b.must(t, "WebAuthn.enable", nil, nil)
}

// must calls a method of the page, or before there is one, of the browser.
func (b *browser) must(t *testing.T, method string, params, result any) {
	t.Helper()
	if err := b.send(b.session, method, params, result); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}

func (b *browser) send(session, method string, params, result any) error {
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
			return errors.New("the browser went away")
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

// read hands out replies until the browser is gone. Events are not for anybody.
func (b *browser) read(in io.Reader) {
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
		if json.Unmarshal(bytes.TrimSuffix(message, []byte{0}), &r) != nil || r.ID == 0 {
			continue
		}
		b.mu.Lock()
		if answer, waiting := b.waits[r.ID]; waiting {
			delete(b.waits, r.ID)
			answer <- r
		}
		b.mu.Unlock()
	}
}

// visit goes to a page and waits until it is there.
func (b *browser) visit(t *testing.T, url string) {
	t.Helper()
	var went struct {
		Problem string `json:"errorText"`
	}
	b.must(t, "Page.navigate", map[string]any{"url": url}, &went)
	if went.Problem != "" {
		t.Fatalf("%s: %s", url, went.Problem)
	}
	if _, err := b.run(`document.readyState === "complete" || new Promise(done => addEventListener("load", () => done(true)))`); err != nil {
		t.Fatal(err)
	}
}

// run evaluates JavaScript on the page, with a gesture of the user, awaits what it
// promises and returns it where it is a string. What it throws is the error.
func (b *browser) run(script string) (string, error) {
	var ran struct {
		Result struct {
			Value any `json:"value"`
		} `json:"result"`
		Thrown *struct {
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	err := b.send(b.session, "Runtime.evaluate", map[string]any{
		"expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true,
	}, &ran)
	if err != nil {
		return "", err
	}
	if ran.Thrown != nil {
		return "", fmt.Errorf("thrown: %s", ran.Thrown.Exception.Description)
	}
	text, _ := ran.Result.Value.(string)
	return text, nil
}

// authenticator adds a virtual authenticator like the one of a telephone: it keeps
// its credentials, verifies its user and copies what it has elsewhere.
func (b *browser) authenticator(t *testing.T) (id string) {
	t.Helper()
	return b.addAuthenticator(t, "internal", true)
}

// securityKey adds one that is plugged in. It verifies its user and copies nothing.
func (b *browser) securityKey(t *testing.T) (id string) {
	t.Helper()
	return b.addAuthenticator(t, "usb", false)
}

func (b *browser) addAuthenticator(t *testing.T, transport string, copies bool) string {
	t.Helper()
	var added struct {
		ID string `json:"authenticatorId"`
	}
	b.must(t, "WebAuthn.addVirtualAuthenticator", map[string]any{"options": map[string]any{
		"protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": transport, "hasResidentKey": true, "hasUserVerification": true,
		"isUserVerified": true, "automaticPresenceSimulation": true, "defaultBackupEligibility": copies,
	}}, &added)
	return added.ID
}
