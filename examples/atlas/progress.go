package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress tells a person how far the load is: by a bar on a terminal, else by
// one line per table.
type progress struct {
	out      io.Writer
	terminal bool
	open     string // table whose bar is on the line
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// show says that done of total rows of a table are stored.
func (p *progress) show(table string, done, total int) {
	switch {
	case p.terminal:
		p.bar(table, done, total)
	case done == total:
		fmt.Fprintf(p.out, "%s: %d rows\n", table, total)
	}
}

// bar draws over the line of the same table.
func (p *progress) bar(table string, done, total int) {
	const width = 30
	filled := width
	if total > 0 {
		filled = done * width / total
	}
	p.open = table
	fmt.Fprintf(p.out, "\r%-26s [%s%s] %d/%d", table, strings.Repeat("#", filled), strings.Repeat("-", width-filled), done, total)
	if done == total {
		p.interrupt()
	}
}

// interrupt ends the line of a bar, so that other text can follow.
func (p *progress) interrupt() {
	if p.open != "" {
		fmt.Fprintln(p.out)
		p.open = ""
	}
}
