package fulltext

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Punctuation is what separates words for PostgreSQL's own full text search, on
// both sides. Without it the server's parser reads URLs, numbers and hyphenated
// words, and takes time quadratic in the length of a text: minutes for 100,000
// characters of "a_a_a".
const Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// maxDistance is the largest N of <N>.
const maxDistance = 16384

// Errors of [TSQuery], in words for the client.
var (
	errTSQuery    = errors.New(`syntax error in tsquery: words need &, |, ! or <-> between them`)
	errTSDistance = fmt.Errorf("the distance in a tsquery must be between 0 and %d", maxDistance)
)

// TSQuery reads the argument of PostgreSQL's to_tsquery and returns it in a form
// in which every word stands in quotes without punctuation, so that the server
// finds no mistake in it. Words may have weights and :* behind them, and stand in
// single quotes. A text of spaces is a query that finds nothing.
func TSQuery(text string) (string, error) {
	r := tsReader{text: text}
	r.spaces()
	if r.eof() {
		return "", nil
	}
	for {
		if err := r.operand(); err != nil {
			return "", err
		}
		more, err := r.operator()
		switch {
		case err != nil:
			return "", err
		case !more:
			return r.out.String(), nil
		}
	}
}

// tsReader reads a tsquery and writes it anew.
type tsReader struct {
	text  string
	pos   int
	depth int // of parentheses
	out   strings.Builder
}

func (r *tsReader) eof() bool { return r.pos == len(r.text) }

func (r *tsReader) spaces() {
	for !r.eof() && isTSSpace(r.text[r.pos]) {
		r.pos++
	}
}

func isTSSpace(c byte) bool { return strings.IndexByte(" \t\n\v\f\r", c) >= 0 }

// operand reads any number of ! and ( and a word.
func (r *tsReader) operand() error {
	for {
		r.spaces()
		if r.eof() {
			return errTSQuery
		}
		c := r.text[r.pos]
		if c != '!' && c != '(' {
			break
		}
		if c == '(' {
			r.depth++
		}
		r.out.WriteByte(c)
		r.pos++
	}
	word, err := r.word()
	if err != nil {
		return err
	}
	r.out.WriteString("'" + PlainText(word) + "'")
	return r.weights()
}

// word reads a word, bare or in quotes. A backslash takes the next character as
// it is.
func (r *tsReader) word() (string, error) {
	quoted := r.text[r.pos] == '\''
	if quoted {
		r.pos++
	}
	var b strings.Builder
	for ; !r.eof(); r.pos++ {
		c := r.text[r.pos]
		switch {
		case quoted && c == '\'':
			r.pos++
			if r.eof() || r.text[r.pos] != '\'' {
				return nonEmpty(b.String())
			}
		case !quoted && (isTSSpace(c) || strings.IndexByte("!&|()<:", c) >= 0):
			return nonEmpty(b.String())
		case c == '\\':
			if r.pos++; r.eof() {
				return "", errTSQuery
			}
			c = r.text[r.pos]
		}
		b.WriteByte(c)
	}
	if quoted {
		return "", errTSQuery
	}
	return nonEmpty(b.String())
}

func nonEmpty(word string) (string, error) {
	if word == "" {
		return "", errTSQuery
	}
	return word, nil
}

// weights reads what stands behind the colon of a word: weights, and * for words
// that begin so.
func (r *tsReader) weights() error {
	if r.eof() || r.text[r.pos] != ':' {
		return nil
	}
	start := r.pos
	for r.pos++; !r.eof() && strings.IndexByte("ABCDabcd*", r.text[r.pos]) >= 0; r.pos++ {
	}
	if r.pos == start+1 {
		return errTSQuery
	}
	r.out.WriteString(r.text[start:r.pos])
	return nil
}

// operator reads any number of ) and what joins the next operand. more is false at
// the end.
func (r *tsReader) operator() (more bool, err error) {
	for r.spaces(); !r.eof() && r.text[r.pos] == ')'; r.spaces() {
		if r.depth--; r.depth < 0 {
			return false, errTSQuery
		}
		r.out.WriteByte(')')
		r.pos++
	}
	if r.eof() {
		if r.depth > 0 {
			return false, errTSQuery
		}
		return false, nil
	}
	switch c := r.text[r.pos]; c {
	case '&', '|':
		r.out.WriteString(" " + string(c) + " ")
		r.pos++
		return true, nil
	case '<':
		return true, r.distance()
	}
	return false, errTSQuery
}

// distance reads <-> or <N>.
func (r *tsReader) distance() error {
	inside, _, ok := strings.Cut(r.text[r.pos+1:], ">")
	if !ok || inside == "" || inside != "-" && strings.Trim(inside, "0123456789") != "" {
		return errTSQuery
	}
	if n, err := strconv.Atoi(inside); inside != "-" && (err != nil || n > maxDistance) {
		return errTSDistance
	}
	r.out.WriteString(" <" + inside + "> ")
	r.pos += len(inside) + 2
	return nil
}

// PlainText returns a text with spaces instead of punctuation.
func PlainText(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(Punctuation, r) {
			return ' '
		}
		return r
	}, text)
}

// WebSearch returns the argument of PostgreSQL's websearch_to_tsquery without the
// punctuation that has no meaning there: quotes have, and a - in front of a word.
func WebSearch(text string) string {
	first := true
	return strings.Map(func(r rune) rune {
		at := first
		first = r == ' ' || r < 0x80 && isTSSpace(byte(r))
		switch {
		case r == '"', r == '-' && at:
			return r
		case strings.ContainsRune(Punctuation, r):
			return ' '
		}
		return r
	}, text)
}
