package framing

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
)

// FuzzChecker compares where requests end here with where net/http ends them: whatever
// both accept ends at the same byte, in how many pieces it may come.
func FuzzChecker(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na;b=c\r\n0123456789\r\n00\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"GET / HTTP/1.1\nHost: x\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole, wholeErr := ends(raw)
		var c checker
		var err error
		for i := range raw {
			if err = c.feed(raw[i : i+1]); err != nil {
				break
			}
		}
		if (err == nil) != (wholeErr == nil) {
			t.Fatalf("%q: %v at once, %v byte by byte", raw, wholeErr, err)
		}
		source := bytes.NewReader(raw)
		in := bufio.NewReader(source)
		for _, end := range whole {
			r, err := http.ReadRequest(in)
			if err != nil {
				return // net/http refuses more
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			if got := len(raw) - source.Len() - in.Buffered(); got != end {
				t.Fatalf("%q: a request ends at %d here and at %d for net/http", raw, end, got)
			}
		}
	})
}

// ends returns where requests end, up to the first that is refused.
func ends(raw []byte) (at []int, err error) {
	var c checker
	for i := range raw {
		before := c.place
		if err := c.feed(raw[i : i+1]); err != nil {
			return at, err
		}
		if c.place == inRequestLine && before != inRequestLine {
			at = append(at, i+1)
		}
	}
	var again checker
	return at, again.feed(raw)
}
