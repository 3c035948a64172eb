package bridge

import (
	"fmt"

	"github.com/breezeway-audio/breezeway/pkg/airplay/raop"
)

// ArtworkPrefix begins the paths of covers.
const ArtworkPrefix = "/artwork/"

// ArtworkPath is where a speaker's cover is served. Each picture has a path of
// its own, since renderers and browsers keep what they fetched.
func ArtworkPath(id raop.ID, serial uint64) string {
	return fmt.Sprintf("%s%v/%d", ArtworkPrefix, id, serial)
}
