package fulltext

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// separators are the characters between words. The table is our own and never
// changes: words are in indexes, and must not move when Go, PostgreSQL or SQLite
// learn another version of Unicode.
var separators = sync.OnceValue(func() *unicode.RangeTable { return readTable(separatorRanges) })

// unknownSeparators are the separators that SQLite's FTS5 takes for letters.
var unknownSeparators = sync.OnceValue(func() *unicode.RangeTable { return readTable(unknownSeparatorRanges) })

// The folded characters with a form at which FTS5 separates, or that it does not fold.
var strangers = sync.OnceValue(func() *unicode.RangeTable { return readTable(strangerRanges) })

// readTable reads hexadecimal ranges: "20-2f 3a".
func readTable(text string) *unicode.RangeTable {
	t := new(unicode.RangeTable)
	for _, field := range strings.Fields(text) {
		from, to, ok := strings.Cut(field, "-")
		if !ok {
			to = from
		}
		lo, hi := readRune(from), readRune(to)
		if lo <= 0xffff { // no range crosses the border
			t.R16 = append(t.R16, unicode.Range16{Lo: uint16(lo), Hi: uint16(hi), Stride: 1})
			continue
		}
		t.R32 = append(t.R32, unicode.Range32{Lo: lo, Hi: hi, Stride: 1})
	}
	return t
}

func readRune(text string) uint32 {
	n, err := strconv.ParseUint(text, 16, 21)
	if err != nil {
		panic("fulltext: bad table: " + err.Error())
	}
	return uint32(n)
}
