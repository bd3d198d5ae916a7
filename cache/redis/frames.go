package redis

import "bytes"

// frames follows a stream of RESP3 messages, however it is cut into pieces, and counts
// them. It judges form and size, not content.
type frames struct {
	state   frameState
	kind    byte   // type of the message that is read
	line    []byte // the beginning of the line, or of the bulk, that is read
	length  int    // of that line
	skip    int    // bytes left of a bulk
	open    []int  // members that arrays which are open still need
	push    bool   // the outermost message answers nothing
	naming  bool   // its first member says what it is
	started bool   // the outermost message has begun
	bad     bool

	subscribes int // messages that begin or confirm a subscription, so far
}

// lineKept is how much of a line matters: a number, or a name.
const lineKept = 24

type frameState uint8

const (
	frameType frameState = iota
	frameLine
	frameBulk
)

// feed parses p and returns the number of complete messages that are replies or require
// one. It returns false from the first byte that belongs to no message.
func (f *frames) feed(p []byte) (complete int, ok bool) {
	for i := 0; i < len(p) && !f.bad; {
		switch f.state {
		case frameType:
			complete += f.begin(p[i])
			i++
		case frameLine:
			complete += f.char(p[i])
			i++
		case frameBulk:
			n := min(f.skip, len(p)-i)
			f.line = append(f.line, p[i:i+min(n, lineKept-len(f.line))]...)
			f.skip -= n
			i += n
			if f.skip == 0 {
				f.name()
				complete += f.end()
			}
		}
	}
	return complete, !f.bad
}

// begin takes the type of a message.
func (f *frames) begin(kind byte) int {
	switch kind {
	case '$', '+', '-', ':', '_', ',', '#', '!', '=', '(', '*', '%', '~', '|', '>':
	default:
		f.bad = true
		return 0
	}
	if !f.started {
		f.started, f.push, f.naming = true, kind == '>', false
	}
	f.kind, f.state, f.line, f.length = kind, frameLine, f.line[:0], 0
	return 0
}

// char takes a byte of a line.
func (f *frames) char(c byte) int {
	if c != '\n' {
		if f.length++; f.length > maxLine {
			f.bad = true
		}
		if len(f.line) < lineKept {
			f.line = append(f.line, c)
		}
		return 0
	}
	if f.length == 0 || f.length <= lineKept && f.line[f.length-1] != '\r' {
		f.bad = true
		return 0
	}
	switch f.kind {
	case '$', '!', '=':
		return f.bulk()
	case '*', '~', '>', '%', '|':
		return f.array()
	case ':':
		if _, ok := f.number(); !ok {
			f.bad = true
			return 0
		}
	case '_', '#':
		if f.length > 2 {
			f.bad = true
			return 0
		}
	default:
		f.name()
	}
	return f.end()
}

// number returns the line as a number.
func (f *frames) number() (n int, ok bool) {
	if f.length > 20 {
		return 0, false
	}
	digits := f.line[:max(f.length-1, 0)]
	negative := len(digits) > 0 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func (f *frames) bulk() int {
	n, ok := f.number()
	switch {
	case ok && n == -1 && f.kind == '$': // the null of RESP2
		return f.end()
	case !ok || n < 0 || n > maxBulk:
		f.bad = true
		return 0
	}
	f.skip, f.state, f.line = n+2, frameBulk, f.line[:0]
	return 0
}

func (f *frames) array() int {
	n, ok := f.number()
	if ok && n == -1 && f.kind == '*' { // the null of RESP2
		return f.end()
	}
	if f.kind == '%' || f.kind == '|' {
		n *= 2
	}
	if !ok || n < 0 || n > maxWidth || len(f.open) == maxDepth || f.kind == '|' {
		f.bad = true // attributes are not asked for
		return 0
	}
	if n == 0 {
		return f.end()
	}
	f.naming = len(f.open) == 0 && f.kind != '%'
	f.open = append(f.open, n)
	f.state = frameType
	return 0
}

// name looks at the first member of an outermost message. The command SUBSCRIBE is
// answered by a push, and so by nothing else.
func (f *frames) name() {
	if !f.naming {
		return
	}
	f.naming = false
	name := bytes.TrimRight(f.line, "\r\n")
	if bytes.EqualFold(name, []byte("SUBSCRIBE")) {
		f.push = true
		f.subscribes++
	} else if f.push && bytes.HasSuffix(name, []byte("subscribe")) {
		f.bad = true // of a kind that is never asked for
	}
}

// end ends a message, and those that it completes.
func (f *frames) end() int {
	f.state = frameType
	for len(f.open) > 0 {
		last := len(f.open) - 1
		if f.open[last]--; f.open[last] > 0 {
			return 0
		}
		f.open = f.open[:last]
	}
	f.started = false
	if f.push {
		return 0
	}
	return 1
}
