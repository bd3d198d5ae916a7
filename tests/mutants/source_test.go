package mutants_test

import (
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lexeme is one token of a Go file.
type lexeme struct {
	text       string // folded if it is an identifier
	name       bool
	start, end int
}

// sourceFile is a Go file of the module that is no test.
type sourceFile struct {
	path    string
	text    string
	lexemes []lexeme
	where   map[string][]int // positions of identifiers in lexemes
}

// source is what mutants are planted in.
type source []*sourceFile

// readSource reads the packages of the library.
func readSource(root string) (source, error) {
	var all source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() {
			skipped := []string{"bench", "examples", "node_modules", "testdata", "testkit", "tests"}
			if path != root && (strings.HasPrefix(name, ".") || slices.Contains(skipped, name)) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f := &sourceFile{path: path, text: string(text), lexemes: lex(string(text)), where: map[string][]int{}}
		for i, l := range f.lexemes {
			if l.name {
				f.where[l.text] = append(f.where[l.text], i)
			}
		}
		all = append(all, f)
		return nil
	})
	return all, err
}

// lex splits code into tokens, without comments and the semicolons that the lexer adds at
// the ends of lines. Identifiers are folded: a name that becomes exported stays the same.
func lex(code string) []lexeme {
	var s scanner.Scanner
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(code))
	s.Init(file, []byte(code), func(token.Position, string) {}, 0) // what does not compile is reported by the compiler
	var all []lexeme
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return all
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		l := lexeme{text: lit, name: tok == token.IDENT, start: file.Offset(pos)}
		if lit == "" {
			l.text = tok.String()
		}
		l.end = l.start + len(l.text)
		if l.name {
			l.text = strings.ToLower(lit)
		}
		all = append(all, l)
	}
}

// spot is a piece of a file.
type spot struct {
	file       *sourceFile
	start, end int
}

// anyName stands for any identifier in a snippet.
const anyName = "_"

// find returns the one place where a snippet stands. Space, comments, the case of
// identifiers and a package or receiver in front of them make no difference. The part
// between « and » is the one that is replaced; without them it is the whole snippet.
func (s source) find(snippet string) (spot, error) {
	plain := strings.NewReplacer("«", " ", "»", " ").Replace(snippet)
	wanted := lex(plain)
	first, last := 0, len(wanted)-1
	if before, rest, marked := strings.Cut(snippet, "«"); marked {
		inner, _, _ := strings.Cut(rest, "»")
		first = len(lex(before))
		last = first + len(lex(inner)) - 1
	}
	anchor := slices.IndexFunc(wanted, func(l lexeme) bool { return l.name && l.text != anyName })
	if anchor < 0 || last < first {
		return spot{}, fmt.Errorf("%q is not a snippet", snippet)
	}
	var found []spot
	for _, f := range s {
		for _, at := range f.where[wanted[anchor].text] {
			if begin := at - anchor; begin >= 0 {
				if from, to, ok := f.match(begin, wanted, first, last); ok {
					found = append(found, spot{f, from, to})
				}
			}
		}
	}
	if len(found) != 1 {
		return spot{}, fmt.Errorf("%q stands %d times in the code, want once", snippet, len(found))
	}
	return found[0], nil
}

// match compares the lexemes from one on with a snippet, and returns the place of its
// part from first to last.
func (f *sourceFile) match(at int, wanted []lexeme, first, last int) (from, to int, ok bool) {
	for i, w := range wanted {
		begin := at
		if i > 0 && w.name && w.text != anyName && wanted[i-1].text != "." { // a qualifier in front
			for at+2 < len(f.lexemes) && f.lexemes[at].name && f.lexemes[at+1].text == "." && f.lexemes[at].text != w.text {
				at += 2
			}
		}
		if at >= len(f.lexemes) || f.lexemes[at].text != w.text && (w.text != anyName || !f.lexemes[at].name) {
			return 0, 0, false
		}
		if i == first {
			from = f.lexemes[begin].start
		}
		if i == last {
			to = f.lexemes[at].end
		}
		at++
	}
	return from, to, true
}
