/** 256 short, common words that sound different from each other: a byte chooses one. The order is part of the format. */
const words = `acorn actor agent album alley amber angle ankle apple april apron arrow aspen atlas attic award
  bacon badge baker banjo basil basin beach beard berry birch bison blade blaze board bonus brick
  bridge broom brush bucket bugle cabin cable camel candle canoe canyon carrot castle cedar chalk cherry
  chess cider circle clay cliff clock cloud clover cobra cocoa comet copper coral cotton couch crane
  crayon cream cricket crown crystal daisy dawn decade denim desert diamond dinner dolphin donkey dragon drum
  eagle early easel echo elbow elder ember engine falcon feather fern fiddle field finger flame flute
  forest fossil fountain fox galaxy garden garlic gecko ginger giraffe glacier globe glove goat gold grape
  gravel guitar hammer harbor harvest hazel helmet heron hill honey hornet horse hotel humble ice igloo
  iris iron island ivory jacket jaguar jelly jewel jigsaw jungle kettle kiosk kite kitten koala ladder
  lagoon lantern lark laser lava lemon lentil lilac lily lime linen lion lizard lobster lotus lunar
  magnet mango maple marble meadow melon mint mirror mitten monkey moose mosaic motor mustard napkin nectar
  needle nickel noble north nugget nutmeg oasis oboe ocean olive onion opal orange orbit orchid otter
  oxygen oyster paddle panda panther paper parrot peach pebble pencil pepper piano pickle pigeon pillow pine
  planet plum pocket polar pony poppy prairie pumpkin puzzle quartz quilt rabbit radio raven ribbon river
  robin rocket salmon sandal satin saturn scarf shadow shell silver siren sketch snow socket spider spoon
  spruce squid stone summer sunset swan syrup table tango temple thunder tiger timber toast tulip violin`.split(/\s+/u);

/** The first 32 bits of a fingerprint as four words: for eyes and ears, never for a decision. */
export function fingerprintWords(fingerprint: string): string {
  const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(fingerprint.slice(at, at + 2), 16));
  return bytes.map((byte) => words[byte] ?? '').join('-');
}

/** For the test of the list itself. */
export const identityWords: readonly string[] = words;
