package store

// nearest returns the name that is most like the given one, or "" if none is
// much like it. The first of several wins.
func nearest(name string, among []string) string {
	const longest = 128 // bounds the work; a plain name has 63 bytes
	best, distance := "", (len(name)+2)/3+1
	if len(name) > longest {
		return ""
	}
	for _, other := range among {
		if other == name {
			continue
		}
		if d := editDistance(name, other); d < distance {
			best, distance = other, d
		}
	}
	return best
}

// editDistance counts the bytes to insert, delete or replace in order to make b
// of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
