package data

const (
	UsualPerPage = 50
	MaxPerPage   = 1000
	MaxPage      = 1_000_000
)

// Paging is a part of a list: its number, from 1, and how many rows pages have.
type Paging struct{ Number, Size int }

// Offset is the number of rows before the page.
func (p Paging) Offset() int { return (p.Number - 1) * p.Size }
