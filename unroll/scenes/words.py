"""The words for the world: nouns, verbs, places, times, adjectives. Data only, as ``"text weight, text"``.

Colour words stand for colours of objects and number words for counts, and for nothing else (no "blue sky", no
"one of"), so that a caption can be compared with its scene word by word. Adjectives never claim a colour, a
size or a number; their weights fall with their rank, so the later ones become <UNK>.
"""

from __future__ import annotations

from unroll.scenes.stream import weights

_NOUNS = {  # kind: (one, several)
    "dog": ("dog 6, puppy 2, pup", "dogs 5, puppies"),
    "cat": ("cat 6, kitten 2, kitty", "cats 5, kittens"),
    "horse": ("horse 6, pony", "horses 5, ponies"),
    "cow": ("cow 6, bull", "cows 4, cattle"),
    "sheep": ("sheep 5, lamb", "sheep 5, lambs"),
    "elephant": ("elephant", "elephants"),
    "giraffe": ("giraffe", "giraffes"),
    "bear": ("bear", "bears"),
    "zebra": ("zebra", "zebras"),
    "lion": ("lion", "lions"),
    "pig": ("pig 5, piglet, hog 0.3", "pigs 5, piglets"),
    "rabbit": ("rabbit 4, bunny 2, hare 0.3", "rabbits 4, bunnies"),
    "bird": ("bird 6, songbird 0.3", "birds"),
    "duck": ("duck 5, goose", "ducks 5, geese"),
    "chicken": ("chicken 4, hen 2, rooster", "chickens 4, hens 2"),
    "penguin": ("penguin", "penguins"),
    "man": ("man 5, person, guy", "men 4, people"),
    "woman": ("woman 5, lady 2, person", "women 4, ladies, people"),
    "boy": ("boy 4, child 2, kid, young boy", "boys 3, children 2, kids"),
    "girl": ("girl 4, child 2, kid, young girl", "girls 3, children 2, kids"),
    "car": ("car 6, vehicle, automobile 0.4, sedan 0.3", "cars 5, vehicles"),
    "bus": ("bus 6, city bus, coach 0.3", "buses"),
    "truck": ("truck 6, delivery truck, lorry 0.3", "trucks"),
    "train": ("train 6, passenger train, locomotive 0.4", "trains"),
    "bicycle": ("bicycle 3, bike 3", "bicycles, bikes"),
    "motorcycle": ("motorcycle 5, motorbike 2", "motorcycles 5, motorbikes"),
    "boat": ("boat 4, sailboat 3, ship 0.6", "boats 3, sailboats 2"),
    "airplane": ("airplane 4, plane 3, jet, aircraft 0.3", "airplanes 2, planes 2, jets"),
    "kite": ("kite", "kites"),
    "balloon": ("balloon", "balloons"),
    "ball": ("ball 4, beach ball", "balls"),
    "umbrella": ("umbrella 6, parasol 0.7", "umbrellas"),
    "bench": ("bench 6, park bench", "benches"),
    "hydrant": ("fire hydrant 5, hydrant", "fire hydrants 3, hydrants"),
    "stop sign": ("stop sign", "stop signs"),
    "traffic light": ("traffic light 4, stoplight", "traffic lights 3, stoplights"),
    "suitcase": ("suitcase 5, bag", "suitcases 4, bags"),
    "backpack": ("backpack 5, rucksack 0.5", "backpacks"),
    "surfboard": ("surfboard 5, board", "surfboards"),
    "snowman": ("snowman", "snowmen"),
    "tent": ("tent", "tents"),
    "tree": ("tree", "trees"),
    "house": ("house 5, cottage, home", "houses"),
    "chair": ("chair 6, seat 0.6", "chairs"),
    "couch": ("couch 4, sofa 2", "couches, sofas"),
    "lamp": ("lamp", "lamps"),
    "tv": ("tv 3, television 2, flat screen tv", "tvs, televisions"),
    "table": ("table", "tables"),
    "refrigerator": ("refrigerator 3, fridge 3", "refrigerators, fridges"),
    "potted plant": ("potted plant 4, plant 3, house plant", "potted plants 3, plants 2"),
    "teddy bear": ("teddy bear 5, stuffed bear, stuffed animal 0.6", "teddy bears 5, stuffed bears"),
    "clock": ("clock 5, wall clock", "clocks"),
    "vase": ("vase 3, vase of flowers 3", "vases"),
    "cup": ("cup 3, mug 2, cup of coffee 2", "cups 3, mugs 2"),
    "cake": ("cake 3, birthday cake 3", "cakes"),
    "pizza": ("pizza 5, whole pizza", "pizzas"),
    "apple": ("apple", "apples"),
    "banana": ("banana", "bananas"),
    "book": ("book 6, novel 0.3", "books"),
    "laptop": ("laptop 4, laptop computer, computer", "laptops, computers"),
    "bottle": ("bottle 4, glass bottle, flask 0.3", "bottles"),
    "bowl": ("bowl of fruit 4, bowl 3, fruit bowl", "bowls of fruit, bowls"),
    "donut": ("donut 4, doughnut 2", "donuts 4, doughnuts"),
    "sandwich": ("sandwich", "sandwiches"),
}
NOUNS = {kind: tuple(weights(entry) for entry in row) for kind, row in _NOUNS.items()}

_COLOUR_WORDS = {
    "red": "red 12, crimson 0.3, scarlet 0.3",
    "orange": "orange",
    "yellow": "yellow 12, golden 0.3",
    "green": "green 12, emerald 0.3",
    "blue": "blue 12, navy 0.3, azure 0.2",
    "purple": "purple 8, violet 0.5",
    "pink": "pink",
    "brown": "brown 12, chestnut 0.3",
    "black": "black",
    "white": "white 12, ivory 0.2",
    "gray": "gray 5, grey 3, silver 0.4",
    "tan": "tan 4, beige 2",
}
COLOUR_WORDS = {colour: weights(entry) for colour, entry in _COLOUR_WORDS.items()}

NUMBERS = {
    1: weights("a"),
    2: weights("two 6, a couple of 2, a pair of"),
    3: weights("three 6, a group of"),
    4: weights("four 4, a group of 2, several"),
    5: weights("five 4, a group of 2, several, a bunch of"),
}
SIZE_WORDS = {"small": weights("small 5, little 3, tiny"), "large": weights("large 5, big 3, huge")}

VERBS = {  # by pose, else by kind, else by family
    "lying": weights("lying 3, laying 2, resting 2, sleeping"),
    "flying": weights("flying 6, soaring"),
    "floating": weights("floating 3"),
    "bird": weights("standing 3, perched 2, sitting"),
    "duck": weights("standing 3, walking 2"),
    "horse": weights("standing 4, walking 2, grazing"),
    "cow": weights("standing 4, grazing 3"),
    "sheep": weights("standing 4, grazing 3"),
    "train": weights("traveling 3, moving, stopped"),
    "bicycle": weights("parked 4, standing"),
    "balloon": weights("floating 4, flying"),
    "kite": weights("flying"),
    "airplane": weights("flying"),
    "ball": weights("lying 2, sitting 2"),
    "suitcase": weights("sitting 3, standing"),
    "tree": weights("standing 3, growing 2"),
    "motorcycle": weights("parked 5, standing"),
    "teddy bear": weights("sitting 5, lying"),
    "snowman": weights("standing"),
    "surfboard": weights("standing 4, leaning"),
    "chicken": weights("standing 3, walking 2, pecking"),
    "penguin": weights("standing 4, walking 2, waddling"),
    "clock": weights("hanging 4, mounted"),
    "animal": weights("standing 4, walking 2, looking around"),
    "person": weights("standing 5, posing 2, waiting"),
    "vehicle": weights("parked 4, driving 2, stopped"),
    "boat": weights("sailing 3, floating 2"),
    "toy": weights("sitting 2, lying, standing"),
    "thing": weights("standing 2, sitting 2"),
    "tall": weights("standing"),
    "furniture": weights("sitting 3, standing 2, placed"),
    "item": weights("sitting 3, resting, placed"),
}
HOLD_VERBS = {
    "kite": weights("flying 4, holding 2, playing with"),
    "umbrella": weights("holding 5, carrying, standing under 2, walking under"),
    "balloon": weights("holding 5, carrying, with 2"),
    "ball": weights("holding 5, playing with 2, carrying"),
    "book": weights("holding 4, carrying, with"),
    "cup": weights("holding 5, with"),
    "cake": weights("holding 5, carrying, with"),
}

_PLACES = {  # setting: (on the ground, in the air)
    "beach": (
        "on the beach 4, on a sandy beach 2, at the beach 2, by the ocean, near the sea",
        "over the beach, above the ocean",
    ),
    "field": (
        "in a field 4, in a grassy field 3, in the grass 2, on a meadow, in a pasture 0.6",
        "over a field, above a grassy field",
    ),
    "street": (
        "on the street 3, on a city street 3, on the road 2, in the city, on the side of the road,"
        " in front of some buildings",
        "over the city, above the buildings, over a street",
    ),
    "snow": (
        "in the snow 5, on a snowy field 2, on the snow covered ground, on snow",
        "over the snow, above a snowy field",
    ),
    "desert": (
        "in the desert 5, in a dry desert, on the sand 2, near a cactus",
        "over the desert, above the sand",
    ),
    "park": (
        "in the park 4, in a park 4, on a path in the park, at a park",
        "over the park, above a park",
    ),
    "mountains": (
        "in the mountains 3, near a mountain, in front of a mountain 2, with mountains in the background 2",
        "over the mountains, above a mountain",
    ),
    "lake": (
        "by the lake 3, next to a lake 2, by the water 2, near a lake, on the shore of a lake",
        "over the lake, above the water",
    ),
    "farm": (
        "on a farm 3, on the farm 2, near a barn 2, near a fence 2, by a wooden fence",
        "over a farm, above a barn",
    ),
    "kitchen": (
        "in a kitchen 4, in the kitchen 4, on the kitchen floor, in a clean kitchen",
        "in a kitchen",
    ),
    "living room": (
        "in a living room 4, in the living room 3, in a room, on a wooden floor",
        "in a living room",
    ),
    "bedroom": (
        "in a bedroom 4, in the bedroom 3, near a bed, next to a bed",
        "in a bedroom",
    ),
}
PLACES = {setting: tuple(weights(entry) for entry in row) for setting, row in _PLACES.items()}
ON_WATER = {
    "beach": weights("in the ocean 3, on the water 2, in the sea"),
    "lake": weights("on a lake 3, on the water 2, in the water, on the lake"),
}
ON_WALL = weights("on the wall 5, on a wall 3")

WHEN = {
    "sunset": weights("at sunset 4, in the evening 2, at dusk, during sunset, under a glowing sky 0.5"),
    "night": weights("at night 5, in the dark, under the stars, under a night sky"),
    "clear": weights("on a sunny day 3, under a clear sky, during the day, on a clear day"),
    "cloudy": weights("on a cloudy day 3, under a cloudy sky 2, on an overcast day"),
    "rain": weights("in the rain 4, on a rainy day 2, while it rains"),
    "snowfall": weights("while it is snowing 2, on a snowy day 2, while snow falls"),
}
LEADS = weights("a picture of 3, a photo of 3, an image of, a view of, a drawing of 0.5")


def _ranked(text: str) -> tuple[tuple[str, float], ...]:
    """Words with weights that fall with their rank."""
    return tuple((word, 1 / (rank + 4)) for rank, word in enumerate(text.split()))


ADJECTIVES = {
    "animal": _ranked(
        "cute young fluffy happy lonely friendly calm curious gentle quiet playful proud furry tame sturdy weary plump"
        " shaggy alert lovely mellow watchful loyal rugged scruffy noble timid frisky dainty drowsy shy hungry stray"
        " spry adorable solitary restless obedient"
    ),
    "person": _ranked(
        "happy smiling cheerful lonely busy friendly calm relaxed curious proud polite stylish patient quiet joyful"
        " gentle handsome focused weary graceful brave dreamy local confident trendy jolly casual hopeful"
        " sporty nervous thoughtful serious tired bored elegant"
    ),
    "vehicle": _ranked(
        "old shiny new vintage modern clean classic empty rusty compact dusty retro polished sturdy gleaming sleek"
        " battered antique noisy bulky electric idle sporty luxurious sluggish streamlined scratched elderly rugged"
        " dusty boxy speedy"
    ),
    "thing": _ranked(
        "nice pretty old new bright simple lovely plain clean shiny vintage modern decorative fancy charming ornate"
        " sturdy glossy quaint rustic delicate unusual peculiar handmade elegant faded spotless humble sparkling"
        " whimsical dented ragged antique curious weathered cozy"
    ),
}
RARE_ADJECTIVES = tuple(  # for anything; each too seldom for the vocabulary
    "beautiful gorgeous splendid wonderful magnificent majestic impressive remarkable ordinary typical usual familiar"
    " strange odd funny comical mysterious unique special rare famous forgotten neglected abandoned silent motionless"
    " solemn fine neat tidy untidy dirty muddy wet damp dry soaked dusty sunlit shadowy shaded distant visible"
    " hidden isolated solid smooth soft stout slim slender marvelous delightful pleasant superb"
    " stunning striking glorious perfect imperfect crooked tilted upright heavy light graceful awkward amusing painted"
    " cartoonish stylized blurry sharp vivid dull glowing dreary festive seasonal popular treasured beloved"
    " unmistakable".split()
)
ADJECTIVE_FAMILY = {"animal": "animal", "bird": "animal", "person": "person", "vehicle": "vehicle", "boat": "vehicle"}
