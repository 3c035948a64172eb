package main

import (
	"image/color"
	"strings"
)

// Letters are 3 by 5 dots, drawn twice as large.
const (
	dot         = 2
	glyphHeight = 5 * dot / 2 // half of it: what centres a text on a line
	advance     = 4 * dot
)

// glyphs are rows of three dots from the top, as octal digits: 4 is the left one.
var glyphs = map[rune]string{
	'0': "75557", '1': "26227", '2': "71747", '3': "71717", '4': "55711", '5': "74717", '6': "74757", '7': "71111",
	'8': "75757", '9': "75717", '-': "00700", '+': "02720", '.': "00002", ',': "00024", '(': "24442", ')': "21112",
	'A': "25755", 'C': "34443", 'D': "65556", 'E': "74747", 'F': "74744", 'G': "34553", 'H': "55755", 'I': "72227",
	'L': "44447", 'M': "57755", 'N': "65555", 'O': "25552", 'P': "65644", 'R': "65655", 'S': "34216", 'T': "72222", 'U': "55557",
	'W': "55775", 'Y': "55222",
}

func textWidth(text string) int { return len(text) * advance }

// write draws text in capitals, its upper left corner at x, y. A letter without
// a glyph is a blank.
func (p page) write(x, y int, text string, ink color.Color) {
	for _, letter := range strings.ToUpper(text) {
		for row, dots := range glyphs[letter] {
			for column := range 3 {
				if (dots-'0')>>(2-column)&1 == 1 {
					p.fill(x+column*dot, y+row*dot, ink)
				}
			}
		}
		x += advance
	}
}

func (p page) fill(x, y int, ink color.Color) {
	for dx := range dot {
		for dy := range dot {
			p.picture.Set(x+dx, y+dy, ink)
		}
	}
}
