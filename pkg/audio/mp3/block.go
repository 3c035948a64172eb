package mp3

// A blockType says how a granule is cut into transforms (clause 2.4.2.7,
// block_type). Its values are those of the bitstream.
type blockType uint8

const (
	blockLong  blockType = iota // one transform
	blockStart                  // one, steep at its end
	blockShort                  // three short ones
	blockStop                   // one, steep at its start
)

func (b blockType) String() string {
	switch b {
	case blockLong:
		return "long"
	case blockStart:
		return "start"
	case blockShort:
		return "short"
	default:
		return "stop"
	}
}

// nextBlock finds the type of a granule from that of the one before, and from
// whether it or the one after holds an attack. There is no type with two steep
// sides but the short one (figure C.7):
//
//	        attack next            attack now
//	long ----------------> start ---------------> short <--+
//	 ^                                              |  |   | attack now
//	 |     quiet                         quiet      |  +---+ or next
//	 +---------------- stop <-----------------------+
//
// An attack right after a long block cannot happen: it was next before it was now.
func nextBlock(before blockType, attackNow, attackNext bool) blockType {
	afterShort := before == blockShort
	switch {
	case attackNow, afterShort && attackNext:
		return blockShort
	case afterShort:
		return blockStop
	case attackNext:
		return blockStart
	default:
		return blockLong
	}
}
