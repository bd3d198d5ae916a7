package toxic_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo starts a server that answers each line with itself after a name.
func echo(t *testing.T, name string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					fmt.Fprintln(c, name+lines.Text())
				}
			}()
		}
	}()
	return l.Addr().String()
}

// client is a connection that asks a line at a time.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, p *toxic.Proxy) *client {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{c, bufio.NewReader(c)}
}

func (c *client) ask(line string, patience time.Duration) (answer string, took time.Duration, err error) {
	began := time.Now()
	_ = c.SetDeadline(began.Add(patience))
	if _, err = fmt.Fprintln(c, line); err == nil {
		answer, err = c.r.ReadString('\n')
	}
	return strings.TrimSpace(answer), time.Since(began), err
}

const long = 10 * time.Second

func want(t *testing.T, c *client, line, answer string) time.Duration {
	t.Helper()
	got, took, err := c.ask(line, long)
	if err != nil || got != answer {
		t.Errorf("%q, %v; want %q", got, err, answer)
	}
	return took
}

func TestAilments(t *testing.T) {
	p := toxic.Start(t, echo(t, "a:"))
	c := dial(t, p)
	want(t, c, "1", "a:1")

	p.Latency(200*time.Millisecond, 100*time.Millisecond)
	if took := want(t, c, "2", "a:2"); took < 200*time.Millisecond {
		t.Errorf("delayed by %s", took)
	}
	p.Latency(0, 0)

	p.Bandwidth(10_000)
	if took := want(t, c, strings.Repeat("x", 2000), "a:"+strings.Repeat("x", 2000)); took < 300*time.Millisecond {
		t.Errorf("4,000 bytes at 10,000 in a second took %s", took)
	}
	p.Bandwidth(0)

	p.Hold(true)
	held := dial(t, p)
	for _, c := range []*client{c, held} {
		if _, _, err := c.ask("3", 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("while held: %v", err)
		}
	}
	p.Hold(false)
	want(t, c, "4", "a:3") // passes late
	want(t, held, "4", "a:3")

	fresh := dial(t, p)
	want(t, fresh, "abc", "a:abc")
	if p.Cut() == 0 {
		t.Error("no connection was cut")
	}
	if _, _, err := fresh.ask("5", long); err == nil {
		t.Error("a connection that was cut answers")
	}
	p.Refuse(true)
	if _, _, err := dial(t, p).ask("6", long); err == nil {
		t.Error("a connection that was refused answers")
	}
	p.Refuse(false)
	p.Server(echo(t, "b:"))
	want(t, dial(t, p), "7", "b:7")

	p.Cuts(1)
	if _, _, err := dial(t, p).ask("8", long); err == nil || p.WereCut() != 1 {
		t.Errorf("a connection that is always cut: %v, %d were cut", err, p.WereCut())
	}
}

func TestRelay(t *testing.T) {
	p := toxic.StartRelay(t, echo(t, ""), func(client, _ net.Conn) { _, _ = io.WriteString(client, "no\n") })
	c := dial(t, p)
	if line, err := c.r.ReadString('\n'); line != "no\n" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := c.r.ReadByte(); err == nil {
		t.Error("the connection outlives its relay")
	}
}
