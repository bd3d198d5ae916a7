package fulltext

import (
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters of a text are searched: what PostgreSQL's index
// makes of them stays below a megabyte, the most it can keep.
const MaxText = 100_000

// MaxWord is how many characters of a word are compared, below the 2 KiB that
// PostgreSQL's index can keep of one.
const MaxWord = 100

// isSeparator reports whether a character stands between words.
func isSeparator(r rune) bool {
	if r < utf8.RuneSelf {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	}
	return unicode.Is(separators(), r)
}

// fold returns the form in which a character is compared.
func fold(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A'
	case r < utf8.RuneSelf:
		return r
	case r == 'ς':
		return 'σ'
	}
	return unicode.ToLower(r)
}

// eachWord calls yield with the folded words of a text until it returns false.
// The word is only valid during the call.
func eachWord(text string, yield func(word []rune) bool) {
	word, inside := make([]rune, 0, MaxWord), false
	seen := 0
	for _, r := range text {
		if seen++; seen > MaxText {
			break
		}
		if !isSeparator(r) {
			inside = true
			if len(word) < MaxWord {
				word = append(word, fold(r))
			}
			continue
		}
		if inside && !yield(word) {
			return
		}
		word, inside = word[:0], false
	}
	if inside {
		yield(word)
	}
}
