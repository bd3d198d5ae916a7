// Package sqltokens splits the SQL of tags and of database catalogs into tokens.
package sqltokens

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is the kind of a [Token].
type Kind uint8

// The kinds of tokens.
const (
	Word   Kind = iota + 1 // a keyword or a plain name
	Name                   // a quoted name
	Text                   // a quoted text
	Number                 // digits, with a sign only if the tag has one before them
	Symbol                 // anything else, such as <= or (
)

// Token is one token. Text is without quotes.
type Token struct {
	Kind       Kind
	Text       string
	Start, End int // in bytes
}

// Is reports whether the token is the keyword or the symbol.
func (t Token) Is(text string) bool {
	return t.Kind == Word && strings.EqualFold(t.Text, text) || t.Kind == Symbol && t.Text == text
}

// Scan returns the tokens of a text, without comments.
func Scan(text string) ([]Token, error) {
	var list []Token
	for at := 0; at < len(text); {
		t, next, err := scan(text, at)
		if err != nil {
			return nil, err
		}
		if t.Kind != 0 {
			t.Start, t.End = at, next
			list = append(list, t)
		}
		at = next
	}
	return list, nil
}

// scan reads the token at a place. Spaces and comments are tokens without a kind.
func scan(text string, at int) (t Token, next int, err error) {
	rest := text[at:]
	switch r, size := utf8.DecodeRuneInString(rest); {
	case unicode.IsSpace(r):
		return Token{}, at + size, nil
	case strings.HasPrefix(rest, "--"):
		line, _, _ := strings.Cut(rest, "\n")
		return Token{}, at + len(line), nil
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest, "*/")
		if end < 0 {
			return Token{}, 0, fmt.Errorf("a comment has no end")
		}
		return Token{}, at + end + 2, nil
	case r == '\'':
		return quoted(text, at, Text, '\'')
	case r == '"':
		return quoted(text, at, Name, '"')
	case r == '`':
		return quoted(text, at, Name, '`')
	case isLetter(r):
		end := strings.IndexFunc(rest, func(r rune) bool { return !isLetter(r) && !isDigit(r) })
		return cut(Word, text, at, end)
	case isDigit(r) || r == '.' && len(rest) > 1 && isDigit(rune(rest[1])):
		return cut(Number, text, at, number(rest))
	}
	for _, symbol := range []string{"<>", "<=", ">=", "!=", "::", "||"} {
		if strings.HasPrefix(rest, symbol) {
			return Token{Kind: Symbol, Text: symbol}, at + len(symbol), nil
		}
	}
	_, size := utf8.DecodeRuneInString(rest)
	return cut(Symbol, text, at, size)
}

func cut(k Kind, text string, at, length int) (Token, int, error) {
	if length < 0 {
		length = len(text) - at
	}
	return Token{Kind: k, Text: text[at : at+length]}, at + length, nil
}

// quoted reads a text in quotes; two quotes stand for one.
func quoted(text string, at int, k Kind, quote byte) (Token, int, error) {
	for i := at + 1; i < len(text); i++ {
		if text[i] != quote {
			continue
		}
		if i+1 < len(text) && text[i+1] == quote {
			i++
			continue
		}
		q := string(quote)
		return Token{Kind: k, Text: strings.ReplaceAll(text[at+1:i], q+q, q)}, i + 1, nil
	}
	return Token{}, 0, fmt.Errorf("the quote %c has no end", quote)
}

// number returns the length of a number with a fraction and an exponent.
func number(s string) int {
	digits := func(i int) int {
		for i < len(s) && isDigit(rune(s[i])) {
			i++
		}
		return i
	}
	i := digits(0)
	if i < len(s) && s[i] == '.' {
		i = digits(i + 1)
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		if end := digits(j); end > j {
			i = end
		}
	}
	return i
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
