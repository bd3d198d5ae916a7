package redis

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, stream string
		answers      int
		ok           bool
	}{
		{"Nothing", "", 0, true},
		{"Simple", "+OK\r\n-ERR no\r\n:12\r\n:-1\r\n,1.5\r\n(123\r\n_\r\n#t\r\n", 8, true},
		{"Bulk", "$3\r\na\nb\r\n$0\r\n\r\n$-1\r\n", 3, true},
		{"Array", "*2\r\n*1\r\n$1\r\na\r\n:1\r\n*0\r\n*-1\r\n", 3, true},
		{"Map", "%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n", 1, true},
		{"Push", ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n+OK\r\n", 1, true},
		{"Subscribe", "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n", 1, true},
		{"Subscribed", ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", 0, true},
		{"Unsubscribed", ">3\r\n+sunsubscribe\r\n$1\r\na\r\n:1\r\n", 0, false},
		{"SubscribeAsValue", "*2\r\n$3\r\nGET\r\n$9\r\nSUBSCRIBE\r\n", 1, true},
		{"Half", "*2\r\n$3\r\nab", 0, true},
		{"HTTP", "HTTP/1.1 400 Bad Request\r\n", 0, false},
		{"NegativeBulk", "$-2\r\n", 0, false},
		{"NegativeArray", "*-2\r\n", 0, false},
		{"NegativeMap", "%-1\r\n", 0, false},
		{"HugeBulk", "$99999999999\r\n", 0, false},
		{"EndlessNumber", "$" + strings.Repeat("1", 30) + "\r\n", 0, false},
		{"HugeArray", "*9999999\r\n", 0, false},
		{"Deep", strings.Repeat("*1\r\n", 9), 0, false},
		{"NoNumber", ":abc\r\n", 0, false},
		{"EmptyNumber", ":\r\n", 0, false},
		{"NoCR", "+OK\n", 0, false},
		{"LongLine", "+" + strings.Repeat("a", maxLine+1), 0, false},
		{"Attribute", "|1\r\n+a\r\n+b\r\n+OK\r\n", 0, false},
		{"Chunks", "$?\r\n;1\r\na\r\n;0\r\n", 0, false},
	} {
		for _, size := range []int{1, 2, 7, 1 << 20} {
			var f frames
			answers, ok := 0, true
			for piece := []byte(tt.stream); len(piece) > 0 && ok; {
				n := min(size, len(piece))
				var more int
				more, ok = f.feed(piece[:n])
				answers += more
				piece = piece[n:]
			}
			if ok != tt.ok || ok && answers != tt.answers {
				t.Errorf("%s in pieces of %d: %d answers, %t; want %d, %t", tt.name, size, answers, ok, tt.answers, tt.ok)
			}
		}
	}
}

// FuzzFrames: whatever is in a stream, it is the same however it is cut, never more
// messages than it has ends of lines, and nothing good comes after something bad.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n:1\r\n+OK\r\n>2\r\n+x\r\n_\r\n"), 3)
	f.Add([]byte("$-1\r\n%1\r\n+a\r\n#t\r\n*-1\r\n"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		var whole, cut frames
		want, ok := whole.feed(stream)
		if want > bytes.Count(stream, []byte("\n")) || len(whole.open) > maxDepth {
			t.Errorf("%d messages, %d open", want, len(whole.open))
		}
		if n, still := whole.feed([]byte("+OK\r\n")); !ok && (still || n != 0) {
			t.Error("good again")
		}
		got, size := 0, max(1, size%64)
		for len(stream) > 0 {
			n := min(size, len(stream))
			more, _ := cut.feed(stream[:n])
			got += more
			stream = stream[n:]
		}
		if got != want || cut.bad == ok {
			t.Errorf("whole: %d, %t; cut: %d, %t", want, ok, got, !cut.bad)
		}
	})
}

// TestGuard: an answer to nothing ends the connection before anybody sees it.
func TestGuard(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	g := &guard{Conn: near}
	defer g.Close()
	go func() {
		buffer := make([]byte, 100)
		_, _ = far.Read(buffer)
		fmt.Fprint(far, "+PONG\r\n")
		fmt.Fprint(far, "+PONG\r\n")
	}()
	if _, err := g.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 100)
	if n, err := g.Read(buffer); err != nil || string(buffer[:n]) != "+PONG\r\n" {
		t.Errorf("%q, %v", buffer[:n], err)
	}
	if n, err := g.Read(buffer); err == nil || n != 0 || !g.closed.Load() {
		t.Errorf("an answer to nothing: %q, %v, closed %t", buffer[:n], err, g.closed.Load())
	}
}

func TestGuardSubscriptions(t *testing.T) {
	t.Parallel()
	const confirmed = ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
	near, far := net.Pipe()
	g := &guard{Conn: near}
	defer g.Close()
	go func() {
		buffer := make([]byte, 100)
		_, _ = far.Read(buffer)
		fmt.Fprint(far, confirmed)
		fmt.Fprint(far, confirmed)
	}()
	if _, err := g.Write([]byte("*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\n")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 100)
	if n, err := g.Read(buffer); err != nil || n != len(confirmed) {
		t.Errorf("%q, %v", buffer[:n], err)
	}
	if n, err := g.Read(buffer); err == nil {
		t.Errorf("confirmed twice: %q", buffer[:n])
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	data := append(appendHead(nil, "key", []uint16{3, 16_000}), "value"...)
	seal(data)
	text := "5:7:" + string(data)
	r, ok := parseRecord(text, "key")
	if !ok || r.since != 5 || r.written != 7 || string(r.value) != "value" || len(r.tags) != 2 || r.tags[1] != 16_000 {
		t.Errorf("%+v, %t", r, ok)
	}
	if _, ok := parseRecord(text, "kez"); ok {
		t.Error("the value of another key was taken")
	}
	for i := range text {
		if i == 0 || i == 2 {
			continue // readings are not in the checksum: a script writes them
		}
		spoilt := []byte(text)
		spoilt[i] ^= 1
		if _, ok := parseRecord(string(spoilt), "key"); ok {
			t.Errorf("byte %d was changed: %q", i, spoilt)
		}
		if _, ok := parseRecord(text[:i], "key"); ok {
			t.Errorf("cut after %d bytes", i)
		}
	}
}

func FuzzRecord(f *testing.F) {
	data := append(appendHead(nil, "key", []uint16{3}), "value"...)
	seal(data)
	f.Add("5:7:"+string(data), "key")
	f.Add("::", "")
	f.Fuzz(func(t *testing.T, text, key string) {
		r, ok := parseRecord(text, key)
		if !ok {
			return
		}
		again := append(appendHead(nil, key, r.tags), r.value...)
		seal(again)
		if _, ok := parseRecord(fmt.Sprintf("%d:%d:%s", r.since, r.written, again), key); !ok {
			t.Errorf("%q of %q is not read again", text, key)
		}
	})
}
