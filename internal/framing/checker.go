package framing

import (
	"bytes"
	"errors"
)

// Errors of requests whose end is a matter of opinion.
var (
	errLine   = errors.New("framing: a line does not end in CR LF")
	errFold   = errors.New("framing: a header line goes on in the next")
	errLength = errors.New("framing: Content-Length is no number, or there are two")
	errCoding = errors.New("framing: Transfer-Encoding is not chunked alone, or not for this version")
	errBoth   = errors.New("framing: Content-Length beside Transfer-Encoding")
	errChunk  = errors.New("framing: a chunk has no size, or does not end with it")
)

// place is where in a request the next byte is.
type place uint8

const (
	inRequestLine place = iota
	inHeader
	inBody      // of a known length
	inChunkSize // the line that says how long the next chunk is
	inChunk
	inChunkEnd // the line break behind a chunk
	inTrailer
)

// checker follows the frames of the requests of one connection. The zero checker is at
// the beginning of a request.
type checker struct {
	place place
	left  int64  // bytes of the body or the chunk that are still to come
	begun []byte // of a line, what was fed before

	old     bool // the request is of another version than HTTP/1.1
	sized   bool // it has a Content-Length
	length  int64
	chunked bool
}

// maxLine is more than net/http reads of a line.
const maxLine = 64 << 10

// feed takes what comes next on the connection.
func (c *checker) feed(p []byte) error {
	for len(p) > 0 {
		if c.place == inBody || c.place == inChunk {
			n := min(c.left, int64(len(p)))
			p, c.left = p[n:], c.left-n
			if c.left == 0 {
				c.leaveBytes()
			}
			continue
		}
		if len(c.begun) == 1 && c.begun[0] == '\n' {
			return errLine
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 || c.mayBeNone(p) {
			if len(c.begun)+len(p) > maxLine {
				return errLine
			}
			c.begun = append(c.begun, p...)
			return nil
		}
		line := p[:end+1]
		p = p[end+1:]
		if len(c.begun) > 0 {
			line = append(c.begun, line...)
			c.begun = nil
		}
		// A CR anywhere else may be the end of the line for others.
		text, ok := bytes.CutSuffix(line, []byte("\r\n"))
		if !ok || bytes.IndexByte(text, '\r') >= 0 {
			return errLine
		}
		if err := c.take(text); err != nil {
			return err
		}
	}
	return nil
}

// mayBeNone reports whether what comes next may be of no request. While a handler works
// net/http reads one byte ahead, and if the handler takes the connection over it belongs
// to another protocol. The end of a line is therefore judged with the byte behind it.
func (c *checker) mayBeNone(p []byte) bool {
	return c.place == inRequestLine && len(c.begun) == 0 && len(p) == 1
}

// leaveBytes goes on behind a body or a chunk.
func (c *checker) leaveBytes() {
	if c.place == inBody {
		c.place = inRequestLine
	} else {
		c.place = inChunkEnd
	}
}

// take takes a whole line, without its end.
func (c *checker) take(line []byte) error {
	switch c.place {
	case inRequestLine:
		*c = checker{place: inHeader, old: !bytes.HasSuffix(line, []byte(" HTTP/1.1"))}
	case inHeader:
		if len(line) == 0 {
			c.endHeader()
			return nil
		}
		return c.header(line)
	case inChunkSize:
		return c.chunk(line)
	case inChunkEnd:
		if len(line) > 0 {
			return errChunk
		}
		c.place = inChunkSize
	case inTrailer:
		if len(line) == 0 {
			c.place = inRequestLine
		} else if line[0] == ' ' || line[0] == '\t' {
			return errFold
		}
	}
	return nil
}

var (
	contentLength    = []byte("Content-Length")
	transferEncoding = []byte("Transfer-Encoding")
	chunkedCoding    = []byte("chunked")
)

// header takes a line of the header.
func (c *checker) header(line []byte) error {
	if line[0] == ' ' || line[0] == '\t' {
		return errFold
	}
	colon := bytes.IndexByte(line, ':')
	switch {
	case colon == len(contentLength) && bytes.EqualFold(line[:colon], contentLength):
		n, ok := number(trim(line[colon+1:]), 10)
		if !ok || c.sized {
			return errLength
		}
		c.length, c.sized = n, true
	case colon == len(transferEncoding) && bytes.EqualFold(line[:colon], transferEncoding):
		if c.old || c.chunked || !bytes.EqualFold(trim(line[colon+1:]), chunkedCoding) {
			return errCoding
		}
		c.chunked = true
	}
	if c.sized && c.chunked {
		return errBoth
	}
	return nil
}

// endHeader goes on behind the header.
func (c *checker) endHeader() {
	switch {
	case c.chunked:
		c.place = inChunkSize
	case c.length > 0:
		c.place, c.left = inBody, c.length
	default:
		c.place = inRequestLine
	}
}

// chunk takes the line before a chunk: its size, and extensions behind a semicolon.
func (c *checker) chunk(line []byte) error {
	size, _, _ := bytes.Cut(line, []byte(";"))
	n, ok := number(trim(size), 16)
	switch {
	case !ok:
		return errChunk
	case n == 0:
		c.place = inTrailer
	default:
		c.place, c.left = inChunk, n
	}
	return nil
}

// trim takes off the white space around a value (RFC 9110 section 5.6.3).
func trim(value []byte) []byte { return bytes.Trim(value, " \t") }

// number reads digits and nothing else, up to 2^59.
func number(text []byte, base int64) (n int64, ok bool) {
	if len(text) == 0 {
		return 0, false
	}
	for _, b := range text {
		digit := int64(-1)
		switch {
		case b >= '0' && b <= '9':
			digit = int64(b - '0')
		case base == 16 && b|0x20 >= 'a' && b|0x20 <= 'f':
			digit = int64(b|0x20-'a') + 10
		}
		if digit < 0 || n >= 1<<55 {
			return 0, false
		}
		n = n*base + digit
	}
	return n, true
}
