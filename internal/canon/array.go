package canon

import (
	"iter"
	"strings"
)

// Element is one element of an array. NULL has no text.
type Element struct {
	Text string
	Null bool
}

// ArrayError is an [ErrSyntax] that says where a text is no array.
type ArrayError struct {
	At   int    // the byte that cannot stand there, or the end
	Want string // what could
}

// Error returns the text of [ErrSyntax].
func (e *ArrayError) Error() string { return ErrSyntax.Error() }

// Unwrap returns [ErrSyntax].
func (e *ArrayError) Unwrap() error { return ErrSyntax }

// ParseTextArray reads an array of texts of one dimension as PostgreSQL writes
// it: {a,"b c",d}. NULL inside is refused, because []string has none.
func ParseTextArray(s string) ([]string, error) {
	if s == "" || s[0] != '{' || s[len(s)-1] != '}' {
		return nil, ErrSyntax // also with space around
	}
	list := []string{}
	for e, err := range Elements(s) {
		if err != nil || e.Null {
			return nil, ErrSyntax
		}
		list = append(list, e.Text)
	}
	return list, nil
}

// Elements yields the elements of an array of one dimension, with or without space
// around it and them: {a,"b, c",NULL}. Elements without quotes have no backslashes.
// Nothing follows an error, which is an [*ArrayError].
func Elements(s string) iter.Seq2[Element, error] {
	return func(yield func(Element, error) bool) {
		r := arrayReader{text: s}
		fail := func(want string) { yield(Element{}, &ArrayError{r.pos, want}) }
		if !r.accept('{') {
			fail(`"{"`)
			return
		}
		for first := true; !r.accept('}'); first = false {
			if !first && !r.accept(',') {
				fail(`"," or "}"`)
				return
			}
			e, want := r.element()
			if want != "" {
				fail(want)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if r.spaces(); r.pos < len(s) {
			fail("end of input")
		}
	}
}

// arrayReader reads the text of an array from left to right.
type arrayReader struct {
	text string
	pos  int
}

// arraySpace is what PostgreSQL passes over in arrays.
const arraySpace = " \t\n\v\f\r"

func (r *arrayReader) spaces() {
	r.pos = len(r.text) - len(strings.TrimLeft(r.text[r.pos:], arraySpace))
}

// accept reads a delimiter and the spaces in front of it.
func (r *arrayReader) accept(delimiter byte) bool {
	r.spaces()
	if r.pos == len(r.text) || r.text[r.pos] != delimiter {
		return false
	}
	r.pos++
	return true
}

// element reads an element and the spaces around it, or says what it wants to read.
func (r *arrayReader) element() (e Element, want string) {
	r.spaces()
	rest := r.text[r.pos:]
	if strings.HasPrefix(rest, `"`) {
		text, size := quotedElement(rest)
		if size == 0 {
			return e, "quoted element"
		}
		r.pos += size
		return Element{Text: text}, ""
	}
	if end := strings.IndexAny(rest, `,{}"\`); end >= 0 {
		rest = rest[:end]
	}
	r.pos += len(rest)
	switch text := strings.TrimRight(rest, arraySpace); {
	case text == "":
		return e, "element"
	case strings.EqualFold(text, "null"):
		return Element{Null: true}, ""
	default:
		return Element{Text: text}, ""
	}
}

// quotedElement reads what is in the quotes that s begins with, in which a backslash
// takes the next character as it is. size is zero where they are not closed.
func quotedElement(s string) (text string, size int) {
	end := 1 + strings.IndexAny(s[1:], `"\`)
	if end > 0 && s[end] == '"' {
		return s[1:end], end + 1
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), i + 1
		case '\\':
			if i++; i == len(s) {
				return "", 0
			}
		}
		b.WriteByte(s[i])
	}
	return "", 0
}
