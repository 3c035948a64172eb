// Package spelling finds the word that was meant by one which is not known, for
// messages about what users write: names of variables, words of rules.
//
// It counts slips of the pen (optimal string alignment, the bounded form of
// Damerau's distance: Commun. ACM 7.3, 1964). It knows neither keyboards nor
// sounds, and does not say whether the nearest word is near.
package spelling

import "strings"

// maxBytes bounds what is compared: the rest of longer words does not count.
const maxBytes = 64

// Nearest gives the one of known with the fewest slips from word, in which case
// does not matter; of equals the first. It gives "" where none is known.
func Nearest(word string, known []string) string {
	word = compared(word)
	best, fewest := "", maxBytes+1
	for _, k := range known {
		if n := slips(word, compared(k)); n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// compared gives as much of a word as is compared.
func compared(word string) string {
	word = strings.ToLower(word)
	return word[:min(len(word), maxBytes)]
}

// slips counts what turns a into b: bytes inserted, left out, replaced, or
// swapped with their neighbour.
func slips(a, b string) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			replaced := previous[j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			current[j] = min(replaced, previous[j]+1, current[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
