// Package spelling finds the known word that is most similar to an unknown one,
// for messages about what users write: names of variables, words of rules.
//
// It counts typing errors (optimal string alignment, the restricted form of
// Damerau's distance: Commun. ACM 7.3, 1964). It knows neither keyboards nor
// pronunciation, and does not say whether the nearest word is near.
package spelling

import "strings"

// maxBytes is how much of a word is compared; the rest of longer words is ignored.
const maxBytes = 64

// Nearest gives the known word with the fewest typing errors between it and word,
// without regard to case; of several the first. It gives "" if known is empty.
func Nearest(word string, known []string) string {
	word = prefix(word)
	best, fewest := "", maxBytes+1
	for _, k := range known {
		if n := distance(word, prefix(k)); n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// prefix gives the part of a word that is compared.
func prefix(word string) string {
	word = strings.ToLower(word)
	return word[:min(len(word), maxBytes)]
}

// distance counts the changes that turn a into b: bytes inserted, removed,
// replaced, or swapped with their neighbour.
func distance(a, b string) int {
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
