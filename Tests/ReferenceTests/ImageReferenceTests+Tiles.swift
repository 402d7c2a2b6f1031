// Made by Tests/ImageFilesTests/Fixtures/make_tile_goldens.py.

extension ImageReferenceTests {
  /// Checksums of what Pillow decodes and resizes, and samples of the first channel of what torchvision resizes.
  struct Tile {
    var path: String
    var stored, resized: String
    var samples: [(place: Int, value: Float)]
  }

  static let tiles: [Tile] = [
    Tile(
      path: "MT_Blowhole/Imgs/exp1_num_108719.jpg", stored: "66319103fe99101e",
      resized: "da9cde1e70674521",
      samples: [(0, 0.105882354), (92204, 0.35813394), (26087, 0.1709258)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp1_num_308015.jpg", stored: "b83e2a6d3541554c",
      resized: "5e1ebf6ed1fc154a",
      samples: [(13837, 0.12183467), (22980, 0.20250705), (44085, 0.19408129)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp1_num_3667.jpg", stored: "3257a3ea9e086a0e",
      resized: "4dddd17089d19424",
      samples: [(63206, 0.21490178), (29299, 0.2394832), (42295, 0.27931374)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp1_num_6984.jpg", stored: "b5d329785702a0dc",
      resized: "536d01e24ab11f9b",
      samples: [(25392, 0.30993128), (43177, 0.28517547), (28541, 0.08432475)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp2_num_291023.jpg", stored: "b0dc9eb91dac672f",
      resized: "c13370d3ff067d8d",
      samples: [(40185, 0.09258488), (52947, 0.21375309), (34764, 0.23104624)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp2_num_36302.jpg", stored: "71e5b8825be984bc",
      resized: "c5da55d58a43ad95",
      samples: [(142478, 0.2959959), (136910, 0.32236254), (151793, 0.24079613)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp2_num_54273.jpg", stored: "3940b2450aab0ffd",
      resized: "4b46fc474fd6700d",
      samples: [(8615, 0.504287), (144854, 0.38334748), (150311, 0.35176274)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp3_num_291038.jpg", stored: "5fca0e153c8243ea",
      resized: "b12c044c57ce7d32",
      samples: [(42257, 0.4531489), (67526, 0.34564197), (20183, 0.25272104)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp3_num_346347.jpg", stored: "27a28e90b2c0790e",
      resized: "6cbe137d5cafbb79",
      samples: [(14903, 0.4315129), (47394, 0.35504568), (70090, 0.31942812)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp3_num_51711.jpg", stored: "9b8c1eb21177e6ca",
      resized: "2d847d15f06acc9b",
      samples: [(97902, 0.3857683), (11070, 0.46939966), (83322, 0.41221762)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp4_num_262626.jpg", stored: "c255832f54299c86",
      resized: "597bad5d64658179",
      samples: [(17506, 0.5606319), (31140, 0.54048324), (37510, 0.49198547)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp4_num_322656.jpg", stored: "536d071ce77a1ecb",
      resized: "0ec51d9c16253952",
      samples: [(24621, 0.50319517), (48746, 0.49917287), (64666, 0.5605883)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp4_num_4995.jpg", stored: "35692d10cffa501f",
      resized: "f92c056218b03639",
      samples: [(140075, 0.20835732), (102006, 0.44829345), (117060, 0.27792412)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp5_num_262654.jpg", stored: "b59918426ac3fe5e",
      resized: "b90a8cc5fc1adf7e",
      samples: [(51100, 0.51599044), (76484, 0.47936141), (29418, 0.39330292)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp5_num_322672.jpg", stored: "4e4708aab234e63d",
      resized: "8a107e7d10d81d9a",
      samples: [(27190, 0.5258371), (59629, 0.24624793), (34297, 0.33170757)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp5_num_4801.jpg", stored: "311c768981254889",
      resized: "830730e932235f72",
      samples: [(72722, 0.5566477), (45246, 0.689717), (125763, 0.61490417)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp6_num_108812.jpg", stored: "4411d43295c1a0a6",
      resized: "4411d43295c1a0a6",
      samples: [(25858, 0.47058824), (50429, 0.19607843), (26463, 0.627451)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp6_num_317592.jpg", stored: "8d4ae3dcc4142198",
      resized: "6e62472138ed9696",
      samples: [(58624, 0.10013595), (75643, 0.97079635), (57266, 0.6675613)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp6_num_40515.jpg", stored: "24a9d2dad2e02584",
      resized: "69ab6ad573930b14",
      samples: [(87930, 0.6430573), (9991, 0.9957832), (62358, 0.90580636)]),
    Tile(
      path: "MT_Blowhole/Imgs/exp6_num_9594.jpg", stored: "f132e66e6b6b968e",
      resized: "93cdf6352fa1a1d7",
      samples: [(30449, 0.27887923), (33067, 0.6794139), (38749, 0.67906743)]),
    Tile(
      path: "MT_Break/Imgs/exp1_num_284482.jpg", stored: "39e6aef1c1fd04d5",
      resized: "284873d246c58eda",
      samples: [(25296, 0.19229218), (47608, 0.23701747), (17500, 0.28892)]),
    Tile(
      path: "MT_Break/Imgs/exp1_num_98080.jpg", stored: "a991cc996b156d01",
      resized: "37fb8ac117dbbd7f",
      samples: [(24753, 0.41501692), (32192, 0.25016075), (27943, 0.27612808)]),
    Tile(
      path: "MT_Break/Imgs/exp2_num_271384.jpg", stored: "94547afb908571d7",
      resized: "2df9dff6736e2b44",
      samples: [(37798, 0.37105015), (65511, 0.2868275), (23722, 0.39225566)]),
    Tile(
      path: "MT_Break/Imgs/exp2_num_356745.jpg", stored: "b9ca2eb3567ce8c7",
      resized: "cef15b0003ee93f6",
      samples: [(3427, 0.25372553), (60663, 0.33140415), (48794, 0.16572464)]),
    Tile(
      path: "MT_Break/Imgs/exp3_num_194220.jpg", stored: "b2bf0477ae402e56",
      resized: "1a6c9b59a1794171",
      samples: [(3068, 0.96379936), (28313, 0.4856863), (83605, 0.67386305)]),
    Tile(
      path: "MT_Break/Imgs/exp3_num_304317.jpg", stored: "c7d55a12915a859d",
      resized: "3e2c88c72ea7654b",
      samples: [(20316, 0.5029472), (36442, 0.49475557), (61977, 0.47189364)]),
    Tile(
      path: "MT_Break/Imgs/exp3_num_98116.jpg", stored: "b69951982201527d",
      resized: "dc021bc303a0e521",
      samples: [(15885, 0.34327388), (89638, 0.4419246), (11965, 0.3200808)]),
    Tile(
      path: "MT_Break/Imgs/exp4_num_271416.jpg", stored: "0ba6dadf8cbfbc1c",
      resized: "53d1bf895f27958f",
      samples: [(52315, 0.53155196), (42876, 0.47045264), (5704, 0.4465963)]),
    Tile(
      path: "MT_Break/Imgs/exp4_num_356767.jpg", stored: "45e56436ccafe08a",
      resized: "5015db7f90b06a9f",
      samples: [(66218, 0.61399174), (3962, 0.4292907), (47558, 0.376519)]),
    Tile(
      path: "MT_Break/Imgs/exp5_num_242089.jpg", stored: "c2e2605c494f2ae1",
      resized: "26ea5152953dea6f",
      samples: [(25081, 0.5628867), (38766, 0.48845223), (88523, 0.3547997)]),
    Tile(
      path: "MT_Break/Imgs/exp5_num_320724.jpg", stored: "86f0e5965e942e34",
      resized: "bf0842a9f2aae95f",
      samples: [(17037, 0.53680944), (23010, 0.37429488), (49513, 0.6234506)]),
    Tile(
      path: "MT_Break/Imgs/exp6_num_117060.jpg", stored: "387401811e8ed49a",
      resized: "9bd4a3a3b0e074ad",
      samples: [(93222, 0.64009136), (19269, 0.5809751), (66131, 0.7001946)]),
    Tile(
      path: "MT_Break/Imgs/exp6_num_276451.jpg", stored: "e708b3c032cf96c1",
      resized: "5fa72f10b83ddddf",
      samples: [(75568, 0.7828829), (51826, 0.86562407), (74956, 0.58403)]),
    Tile(
      path: "MT_Break/Imgs/exp6_num_62649.jpg", stored: "36ca2236ea93cf43",
      resized: "0e731b5c5a04effa",
      samples: [(150225, 0.51077694), (99067, 0.44742268), (84972, 0.4560537)]),
    Tile(
      path: "MT_Crack/Imgs/exp1_num_32128.jpg", stored: "893cc66f997744b7",
      resized: "5834b8a612c5b21a",
      samples: [(150171, 0.26682913), (125148, 0.30185032), (115514, 0.28145772)]),
    Tile(
      path: "MT_Crack/Imgs/exp2_num_249619.jpg", stored: "006491a2fcda54a9",
      resized: "b20ede387b5f364c",
      samples: [(24997, 0.4242057), (7437, 0.18302001), (76755, 0.2974016)]),
    Tile(
      path: "MT_Crack/Imgs/exp2_num_85846.jpg", stored: "ea09df9cdb0acb30",
      resized: "e3dc136894f649a8",
      samples: [(134080, 0.37413117), (75301, 0.15466227), (22324, 0.38760287)]),
    Tile(
      path: "MT_Crack/Imgs/exp3_num_3223.jpg", stored: "7a9af141427cd8ee",
      resized: "638e35362ee09b0a",
      samples: [(6915, 0.44329068), (6616, 0.43805286), (69470, 0.32882175)]),
    Tile(
      path: "MT_Crack/Imgs/exp4_num_249762.jpg", stored: "8aa277cd16f2908e",
      resized: "628c971be47b02fd",
      samples: [(68578, 0.41068077), (78829, 0.41972798), (21590, 0.5028363)]),
    Tile(
      path: "MT_Crack/Imgs/exp4_num_85602.jpg", stored: "5c4c4ad5898f47bb",
      resized: "8c527b8a02bc5036",
      samples: [(91799, 0.45749554), (42539, 0.45052743), (100955, 0.3579524)]),
    Tile(
      path: "MT_Crack/Imgs/exp5_num_32201.jpg", stored: "49340218c7a35ee5",
      resized: "dd179f5cf127ff87",
      samples: [(35084, 0.6643299), (45967, 0.5401037), (78127, 0.55885714)]),
    Tile(
      path: "MT_Crack/Imgs/exp5_num_88170.jpg", stored: "6121ad9c24b44ec5",
      resized: "ae262bdfc6e9076e",
      samples: [(59334, 0.5201562), (120966, 0.619882), (1733, 0.5512793)]),
    Tile(
      path: "MT_Crack/Imgs/exp6_num_339965.jpg", stored: "fa12aea63c8bfe46",
      resized: "3a8d7e80a6034eaf",
      samples: [(29539, 0.66039056), (61955, 0.40510398), (15744, 0.69048)]),
    Tile(
      path: "MT_Fray/Imgs/exp1_num_135544.jpg", stored: "d248d937bc791357",
      resized: "a11234c3b49a5f9f",
      samples: [(28457, 0.24889264), (53725, 0.25201234), (31523, 0.14834388)]),
    Tile(
      path: "MT_Fray/Imgs/exp2_num_135572.jpg", stored: "5d020d2d816088c5",
      resized: "485b284b736e91eb",
      samples: [(93851, 0.33391404), (13016, 0.1374214), (85630, 0.36378053)]),
    Tile(
      path: "MT_Fray/Imgs/exp3_num_136351.jpg", stored: "fc0981209471a8dc",
      resized: "7f50a8e61bed4804",
      samples: [(132101, 0.39902636), (61090, 0.24535282), (12718, 0.17174952)]),
    Tile(
      path: "MT_Fray/Imgs/exp4_num_258590.jpg", stored: "82efd773fa4dd470",
      resized: "eaf239472a6fd27d",
      samples: [(45465, 0.42191255), (63803, 0.37252143), (77886, 0.3691969)]),
    Tile(
      path: "MT_Fray/Imgs/exp5_num_77692.jpg", stored: "cd12249a8b47dd6e",
      resized: "690d88fc85fe2219",
      samples: [(43733, 0.7306709), (2911, 0.66673535), (132378, 0.7866938)]),
    Tile(
      path: "MT_Fray/Imgs/exp6_num_972.jpg", stored: "caf310dd1774af1d",
      resized: "b649fd0338986a84",
      samples: [(78840, 0.37263542), (73275, 0.52490574), (57651, 0.7758576)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_10903.jpg", stored: "90298335ae32fe54",
      resized: "f86be9944b4a1b89",
      samples: [(20754, 0.20251444), (1160, 0.117305145), (42192, 0.121955946)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_118871.jpg", stored: "c2d309f69cff06e8",
      resized: "416c84e0b20ed2c5",
      samples: [(58100, 0.30141136), (128477, 0.36577713), (104987, 0.3562603)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_13526.jpg", stored: "c3074281e5a52b9b",
      resized: "a27c677c515a06e1",
      samples: [(85740, 0.3008497), (100500, 0.20867814), (37157, 0.26655188)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_154549.jpg", stored: "b75022883a3d5555",
      resized: "b69b5b636579e74c",
      samples: [(1354, 0.32015935), (50770, 0.31807598), (27724, 0.35490197)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_174647.jpg", stored: "03fb572b88950ce3",
      resized: "198e14e05e141b1d",
      samples: [(83389, 0.40527263), (44501, 0.3240079), (99854, 0.26741487)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_18129.jpg", stored: "c325694555da13a6",
      resized: "fdce00f491ab7ced",
      samples: [(83638, 0.25523767), (63977, 0.15644361), (43768, 0.2740004)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_195647.jpg", stored: "1bb427b251f6bd55",
      resized: "66ed8744dc8e3b31",
      samples: [(90007, 0.43364075), (39867, 0.34603396), (39087, 0.32076418)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_246296.jpg", stored: "7a24328e187f4348",
      resized: "d9ddb3effefddd47",
      samples: [(75515, 0.25864676), (4443, 0.30274025), (23687, 0.32990956)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_258819.jpg", stored: "252310b2c5cb0b41",
      resized: "efb1e8886e2a7031",
      samples: [(77924, 0.2649127), (23884, 0.2802226), (65099, 0.24687628)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_262642.jpg", stored: "38360d717d015457",
      resized: "4261d689a47f87c7",
      samples: [(2034, 0.0742657), (75341, 0.29676494), (44253, 0.2942551)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_269626.jpg", stored: "6180399a46bc090d",
      resized: "808b53173776e9f2",
      samples: [(14869, 0.23964432), (74616, 0.29308137), (71146, 0.35569218)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_278570.jpg", stored: "824f603afdb6731b",
      resized: "300259014ef47cb0",
      samples: [(66331, 0.16511796), (34701, 0.3375472), (16324, 0.2739336)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_284841.jpg", stored: "a4e94451cecff2e9",
      resized: "729e6022b7c10133",
      samples: [(62538, 0.2203747), (13555, 0.07545956), (67947, 0.28426298)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_293709.jpg", stored: "3467da7e45f20e6c",
      resized: "3948c6e288c0d045",
      samples: [(32608, 0.2432119), (32636, 0.25970292), (31538, 0.19300549)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_304293.jpg", stored: "57f0aba8fda48755",
      resized: "7c184efffcbd36c9",
      samples: [(9939, 0.2413545), (32402, 0.32566255), (41406, 0.27921697)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_309352.jpg", stored: "e4f23fa3e507ce4c",
      resized: "c1d62d0484af6adc",
      samples: [(51809, 0.3152138), (63262, 0.16631655), (20709, 0.16675474)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_316333.jpg", stored: "fb7dfb196e6d062c",
      resized: "31fa993000802b06",
      samples: [(47422, 0.40145501), (16507, 0.23999655), (46892, 0.44085252)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_319680.jpg", stored: "627686e7775627d9",
      resized: "a1692cfd1b1b4ec8",
      samples: [(989, 0.19029686), (26441, 0.22794925), (21893, 0.30925983)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_326904.jpg", stored: "ae65de86e9f75d0f",
      resized: "6fc543f914e44b76",
      samples: [(24071, 0.28441027), (12018, 0.13319698), (35367, 0.30648595)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_34078.jpg", stored: "019d7eac136037a6",
      resized: "543f0919e47a1b47",
      samples: [(84710, 0.31979945), (4320, 0.17914739), (26380, 0.18769196)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_351427.jpg", stored: "b797fa717329ebc5",
      resized: "d465e006ec1f44ab",
      samples: [(5857, 0.13806874), (69878, 0.47317615), (90135, 0.49047616)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_37243.jpg", stored: "d0a5dd30434e0723",
      resized: "533d3ee657a6ad78",
      samples: [(12619, 0.44575542), (68021, 0.21276402), (16923, 0.27995235)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_50387.jpg", stored: "4df0519c22034198",
      resized: "72b53e0b9f3ad5e0",
      samples: [(83009, 0.13244003), (886, 0.16161712), (18886, 0.46425545)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_5907.jpg", stored: "2ea3877923fbaf3b",
      resized: "0c7a004ca11793a9",
      samples: [(1395, 0.2632469), (30856, 0.30062783), (13469, 0.22071327)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_69803.jpg", stored: "d11caa28eb72b374",
      resized: "16247fe1cdbc46f1",
      samples: [(149927, 0.30464923), (135248, 0.25996423), (131095, 0.24978554)]),
    Tile(
      path: "MT_Free/Imgs/exp1_num_855.jpg", stored: "1989b1ad608073ba",
      resized: "de7236e00605713c",
      samples: [(17237, 0.19116211), (50455, 0.15027627), (5553, 0.19914714)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_106752.jpg", stored: "d9c0f811f2cec9b7",
      resized: "0ee1b3d99bb3ea56",
      samples: [(15153, 0.20755373), (40017, 0.33820617), (37007, 0.37430474)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_116971.jpg", stored: "0b8572b1dc3d62d2",
      resized: "3ed603492aa11c9e",
      samples: [(37617, 0.33940798), (39874, 0.19512974), (21750, 0.2648816)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_129608.jpg", stored: "57e48d7a94a30dd1",
      resized: "bfe60ef31bec3d06",
      samples: [(67113, 0.28655103), (74073, 0.4411074), (57866, 0.323096)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_148952.jpg", stored: "758ef90ad945c4f6",
      resized: "1f80e381d8d62105",
      samples: [(117645, 0.43504903), (154766, 0.4554212), (51441, 0.4540406)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_166200.jpg", stored: "aa34b39c41225632",
      resized: "37569d70b039012a",
      samples: [(99162, 0.39217648), (73618, 0.39403075), (10865, 0.31711346)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_18159.jpg", stored: "ee6e22d6f52cfb24",
      resized: "6b9025f1835fbe0e",
      samples: [(8181, 0.34661862), (26719, 0.5162161), (3891, 0.26197648)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_193126.jpg", stored: "541c0b6026746aae",
      resized: "a55ef5ffb6cd789f",
      samples: [(49830, 0.47767282), (1590, 0.50019217), (59803, 0.47788817)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_245780.jpg", stored: "7b5730eceaadf7db",
      resized: "df229454690b86f0",
      samples: [(27387, 0.25936717), (859, 0.28025123), (64039, 0.44920737)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_257656.jpg", stored: "c39b97fae01ad59c",
      resized: "6fe3922365596aec",
      samples: [(35198, 0.40214226), (19949, 0.12724346), (46009, 0.3987875)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_262661.jpg", stored: "e0ba11fa075d4b4a",
      resized: "e14ae7ad5c50c6fd",
      samples: [(19353, 0.36349604), (71067, 0.48075882), (48828, 0.37342244)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_269104.jpg", stored: "cdb0cb5179bb6eee",
      resized: "c7da420298adffe5",
      samples: [(55245, 0.27371913), (63747, 0.14157474), (11234, 0.4756518)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_277012.jpg", stored: "3f1bc456e13fa96f",
      resized: "37136dc7fae86f83",
      samples: [(69414, 0.24798152), (8162, 0.16740698), (29335, 0.4044591)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_283218.jpg", stored: "1383c8365da69489",
      resized: "3aa390bb2a04a809",
      samples: [(50291, 0.39487645), (63763, 0.12863052), (19044, 0.41852528)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_293276.jpg", stored: "da4c7d7f51c48ad9",
      resized: "4d0d49656fb1dfc3",
      samples: [(48588, 0.19089842), (26648, 0.2831118), (54815, 0.24688922)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_301499.jpg", stored: "4e340783f3cd88be",
      resized: "6747613aca90448b",
      samples: [(50934, 0.42727897), (18218, 0.19936319), (31142, 0.32152036)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_308824.jpg", stored: "72b765afa07facf4",
      resized: "a16ffb5f4722cf1d",
      samples: [(40335, 0.47287723), (66424, 0.4288057), (18157, 0.39068368)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_315006.jpg", stored: "50df9a92c064956b",
      resized: "7a3e5858681d0bd7",
      samples: [(46198, 0.34410846), (41988, 0.07147672), (57054, 0.27505553)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_319440.jpg", stored: "2509b89929825bf9",
      resized: "d764a7fcbd3b640e",
      samples: [(27687, 0.29262233), (12886, 0.3866734), (40707, 0.066332646)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_326603.jpg", stored: "df29b36e24231b05",
      resized: "61f6e5aad43ed738",
      samples: [(10969, 0.34178194), (52305, 0.3824529), (54352, 0.470094)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_337671.jpg", stored: "31c87b4fec1564d0",
      resized: "898c8fae9b2f1078",
      samples: [(48391, 0.3247776), (64691, 0.29398823), (84349, 0.44633186)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_349844.jpg", stored: "d4bcacfe71b39a2a",
      resized: "2974a90cebe98d13",
      samples: [(52122, 0.37059313), (23183, 0.28139606), (3078, 0.2951033)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_358116.jpg", stored: "968eff1c9e1f3977",
      resized: "16e7a8c4ea2a5a80",
      samples: [(14248, 0.38487148), (63344, 0.39479512), (48475, 0.43922466)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_3811.jpg", stored: "78febd5b8762fd83",
      resized: "139e965ff9a4d461",
      samples: [(92854, 0.297595), (115642, 0.28798473), (114539, 0.36340997)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_53025.jpg", stored: "e438b64790917dfb",
      resized: "f27bcf2fb976606a",
      samples: [(49994, 0.34865028), (88349, 0.26797768), (79367, 0.34534505)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_6528.jpg", stored: "cac8e3a710406fa8",
      resized: "ed3277a64386662b",
      samples: [(31064, 0.15314637), (44548, 0.35726798), (63185, 0.33221948)]),
    Tile(
      path: "MT_Free/Imgs/exp2_num_75106.jpg", stored: "5b23f45c2a2c4e3c",
      resized: "db8cfe123c5c7107",
      samples: [(19521, 0.52765423), (64684, 0.34662855), (34397, 0.4700564)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_10215.jpg", stored: "e37dd9d15bfa606d",
      resized: "bdf77b2fa7bf8d16",
      samples: [(28407, 0.23886107), (69745, 0.7481616), (32425, 0.39802906)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_11304.jpg", stored: "075a433edc8bb618",
      resized: "49116918904cbe42",
      samples: [(80333, 0.27374554), (45780, 0.29848117), (59459, 0.21509351)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_126827.jpg", stored: "77d12dd28ba0c2ed",
      resized: "c32e58aa1be98eb4",
      samples: [(36888, 0.29500487), (43851, 0.32605094), (9901, 0.38134226)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_143234.jpg", stored: "97f583cecee84708",
      resized: "d0347e82c492b2a0",
      samples: [(111019, 0.5234731), (130235, 0.3532838), (53151, 0.40388164)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_165409.jpg", stored: "bd8f9c0d19f4ea89",
      resized: "3ae5c6e673c5cd8e",
      samples: [(39676, 0.050810914), (61416, 0.43046266), (42402, 0.54776716)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_180350.jpg", stored: "f5e5ecbf4a2c015f",
      resized: "4e2ff910325528ae",
      samples: [(48612, 0.45137894), (14117, 0.29729772), (13545, 0.53743374)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_187556.jpg", stored: "f7969921745652b0",
      resized: "4a436a3eda30230b",
      samples: [(48459, 0.5554657), (97767, 0.4872871), (45311, 0.32583237)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_240077.jpg", stored: "8c82d4a914335b4c",
      resized: "cdbe67b49befc96b",
      samples: [(62104, 0.7182394), (78183, 0.65344816), (74438, 0.35615498)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_256305.jpg", stored: "6afb818c46696044",
      resized: "122b61c320487eab",
      samples: [(66634, 0.36027965), (5299, 0.41700143), (44187, 0.3867729)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_261977.jpg", stored: "8d8c03bfff43ba53",
      resized: "f3ddcdae2f90c207",
      samples: [(62165, 0.31529403), (44269, 0.56527823), (60137, 0.35870752)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_266316.jpg", stored: "2e393a9b2786ed4c",
      resized: "8c1133127ee3e140",
      samples: [(53368, 0.444675), (75511, 0.32069102), (70849, 0.35336235)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_275407.jpg", stored: "3211c8fba307053a",
      resized: "4154e58b653212e6",
      samples: [(13194, 0.48993766), (70498, 0.53211933), (51962, 0.15849231)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_280977.jpg", stored: "f71e8bea95086e5c",
      resized: "e5116d16b27788d5",
      samples: [(38866, 0.22274214), (49461, 0.44174048), (54371, 0.40676484)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_290081.jpg", stored: "bd53a87dc4e03458",
      resized: "ccdc81592c71f1ff",
      samples: [(75465, 0.34449965), (66190, 0.50081104), (11417, 0.40240103)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_297311.jpg", stored: "24ca0cc7ff418ee7",
      resized: "1db6c830926bde2c",
      samples: [(70864, 0.34471264), (25015, 0.3924912), (70967, 0.25393263)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_306457.jpg", stored: "d7140ef34e2cd1cd",
      resized: "0a359bda415228b0",
      samples: [(36631, 0.5070599), (40582, 0.43592775), (69069, 0.30992624)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_31138.jpg", stored: "91edf3d3d7f2fe30",
      resized: "766770b283cec699",
      samples: [(53314, 0.41540158), (117003, 0.4180353), (65306, 0.3985799)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_317925.jpg", stored: "f277d5e2a2b52bc8",
      resized: "47d3d0c5dbb2195b",
      samples: [(20523, 0.49300164), (13849, 0.5101534), (63217, 0.22968335)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_321466.jpg", stored: "cbadead33706ecc8",
      resized: "06856ecd12c0ecff",
      samples: [(38366, 0.358887), (40773, 0.23448473), (46398, 0.44576964)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_331958.jpg", stored: "e3e2816ab32550e5",
      resized: "f867b3c9248b29b0",
      samples: [(9527, 0.28581652), (47981, 0.5821431), (7195, 0.30378127)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_344580.jpg", stored: "45ddda1d3412f54f",
      resized: "f952ca8590877d77",
      samples: [(82895, 0.30863568), (3233, 0.34515202), (28793, 0.22125705)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_355669.jpg", stored: "eea18c054ce104c1",
      resized: "64980bf6d1b98fdb",
      samples: [(58179, 0.4734523), (83840, 0.22083692), (52052, 0.48965603)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_37556.jpg", stored: "cb6171f083d4c3b3",
      resized: "323fb6f767fbe299",
      samples: [(93009, 0.3465686), (19848, 0.34019607), (20698, 0.16911766)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_51112.jpg", stored: "a0b5ad583779064f",
      resized: "25f0edae97b5adbd",
      samples: [(74689, 0.35203424), (23179, 0.37834352), (87289, 0.5008255)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_61338.jpg", stored: "616d7b03650a2c31",
      resized: "b88f017c32011751",
      samples: [(140070, 0.2812361), (117507, 0.15798539), (143735, 0.46917686)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_70527.jpg", stored: "438f1282f20f3820",
      resized: "f2987fb63f878b8e",
      samples: [(152999, 0.6042872), (157143, 0.33347508), (162032, 0.24734771)]),
    Tile(
      path: "MT_Free/Imgs/exp3_num_94938.jpg", stored: "9952b45a16c37cff",
      resized: "1967024403189be1",
      samples: [(147510, 0.3005387), (117488, 0.43056974), (106967, 0.31084675)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_110151.jpg", stored: "ca3ca0ac012797fb",
      resized: "c00e7ef0f6f96340",
      samples: [(142193, 0.47812718), (144984, 0.23667108), (9600, 0.36823606)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_126353.jpg", stored: "52ce5d4203334791",
      resized: "1fe001df557004d0",
      samples: [(2033, 0.19757614), (11784, 0.3701035), (14951, 0.43221885)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_138670.jpg", stored: "978189d557bcfff8",
      resized: "341c64befdbfa155",
      samples: [(24189, 0.4433533), (16081, 0.30535585), (64246, 0.49792528)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_157245.jpg", stored: "57757ca7e18f059f",
      resized: "f5fe5cea9d67c208",
      samples: [(7095, 0.51442045), (90187, 0.6999754), (21929, 0.4721648)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_177987.jpg", stored: "f1b504086ce3fae9",
      resized: "5cc56e180ea48d89",
      samples: [(71490, 0.8874827), (59769, 0.790308), (59842, 0.67712855)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_183867.jpg", stored: "a9f1571bcbc8ef16",
      resized: "c4c79c5e34670299",
      samples: [(25832, 0.6857477), (14562, 0.69189936), (29843, 0.59504306)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_19770.jpg", stored: "a375c9f60ccf3dcc",
      resized: "a04101dcaccac9f3",
      samples: [(1790, 0.37208328), (27706, 0.59632665), (23895, 0.39470798)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_251495.jpg", stored: "9c66f365becfd8c4",
      resized: "669c96f5539b3174",
      samples: [(24893, 0.67746705), (7473, 0.6494313), (38018, 0.5305682)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_260535.jpg", stored: "629b78072f0fd6da",
      resized: "5bd56ab6b036e045",
      samples: [(59340, 0.38034707), (56134, 0.60602427), (7873, 0.41264793)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_264241.jpg", stored: "03488fb6c82a228e",
      resized: "361ccb335ab43279",
      samples: [(47081, 0.49179262), (62923, 0.50946087), (1516, 0.2674897)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_270607.jpg", stored: "55a2df3567ff3b7d",
      resized: "354a6b42222d6d7e",
      samples: [(2928, 0.62607014), (51400, 0.464075), (3715, 0.6606504)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_279133.jpg", stored: "631bf8e0d9a9693f",
      resized: "f8e01afadc2cff22",
      samples: [(72575, 0.63140154), (46796, 0.47844288), (9959, 0.29855123)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_286277.jpg", stored: "97e432099635dc8c",
      resized: "7c367089afa4a4dd",
      samples: [(21910, 0.591492), (57635, 0.33231416), (41834, 0.42835736)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_29521.jpg", stored: "fdb22eff405213f0",
      resized: "0dc283235b65074c",
      samples: [(92297, 0.467957), (9063, 0.45181632), (84342, 0.34843132)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_304714.jpg", stored: "81b70e67a9152c3f",
      resized: "5005ad063a30254e",
      samples: [(35714, 0.50258297), (12667, 0.48692387), (45805, 0.34089747)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_309692.jpg", stored: "cfcfff02df16dce8",
      resized: "1ade8b0701d20934",
      samples: [(63770, 0.4697467), (4788, 0.39055443), (14337, 0.1116114)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_316737.jpg", stored: "7dad0c8766f282ef",
      resized: "ce0209f5c7688332",
      samples: [(2313, 0.3240373), (33819, 0.4584777), (57548, 0.4463579)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_320501.jpg", stored: "9ae2b94a9fb54d9c",
      resized: "036a34e2b88050a0",
      samples: [(20943, 0.439919), (33754, 0.5975281), (33866, 0.8188725)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_329260.jpg", stored: "7cdb923d3b95e5b6",
      resized: "99c7f604d4fca375",
      samples: [(4687, 0.2527446), (35437, 0.44361252), (672, 0.49887526)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_34134.jpg", stored: "78357870586af7bf",
      resized: "00f7e6a085f3deb4",
      samples: [(48957, 0.29489055), (5570, 0.3855397), (68296, 0.3453435)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_351474.jpg", stored: "b7e37b82bc032935",
      resized: "c54335dfc20c6e1f",
      samples: [(7851, 0.5390506), (30544, 0.3142504), (25342, 0.2650897)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_359501.jpg", stored: "01f330c586abea67",
      resized: "2cf0665c8db98c86",
      samples: [(68282, 0.46040663), (47808, 0.2077507), (39026, 0.3357741)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_39469.jpg", stored: "daa53bb765456ebe",
      resized: "07948539e590ee78",
      samples: [(115089, 0.5949346), (78733, 0.66159844), (102901, 0.25945017)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_54165.jpg", stored: "d8b63e39f852eff7",
      resized: "dbeffac5131a159e",
      samples: [(37846, 0.1460252), (108470, 0.5799471), (53322, 0.4417244)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_6586.jpg", stored: "fb281161fde500f4",
      resized: "bcae6e0351d7cc18",
      samples: [(19615, 0.64433646), (125202, 0.5796832), (153755, 0.6081988)]),
    Tile(
      path: "MT_Free/Imgs/exp4_num_7911.jpg", stored: "41d74ca3168f99ec",
      resized: "5d7f876ab50f4b16",
      samples: [(25816, 0.40155765), (83212, 0.6043936), (100507, 0.51349723)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_106221.jpg", stored: "01ed87e3b767e179",
      resized: "185ba1c1c593c5aa",
      samples: [(59120, 0.18166605), (55765, 0.39452183), (76694, 0.7774286)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_114453.jpg", stored: "60d2aa06dccb0592",
      resized: "42a4718f48dc2fb9",
      samples: [(35544, 0.4816824), (88144, 0.64259994), (66852, 0.37715095)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_126855.jpg", stored: "d231e95b56162f30",
      resized: "d345a9563d37fb8e",
      samples: [(59783, 0.5774696), (29234, 0.30615076), (25684, 0.48829338)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_143282.jpg", stored: "5af6f32f5aa9da61",
      resized: "cbce11458b96bf43",
      samples: [(75824, 0.45889917), (36799, 0.314768), (15864, 0.54270434)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_165457.jpg", stored: "51ddc1c4e821d28c",
      resized: "0d446691e4124f89",
      samples: [(85409, 0.68668866), (82938, 0.6616934), (18185, 0.68318707)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_180393.jpg", stored: "0ef9aafc86b5dd3d",
      resized: "5f7467c027e40a89",
      samples: [(26509, 0.4997253), (10635, 0.53526884), (95700, 0.3715666)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_1903.jpg", stored: "392be92c78b7f9f7",
      resized: "4bf696db9ef15501",
      samples: [(6159, 0.3197396), (11705, 0.47984827), (56050, 0.7476169)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_240124.jpg", stored: "389ebfa0a63869d8",
      resized: "b9c6aea574b13db5",
      samples: [(82066, 0.7334988), (69284, 0.7261075), (35456, 0.8038901)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_256354.jpg", stored: "cb2225366d2251ab",
      resized: "ae006b66348b1f57",
      samples: [(39521, 0.52398634), (23087, 0.5471785), (77720, 0.886875)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_262018.jpg", stored: "e9e9843da4c673e3",
      resized: "b6d68367417c085b",
      samples: [(10867, 0.56238276), (65318, 0.40198347), (48349, 0.5240196)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_266861.jpg", stored: "c89da745add7d16c",
      resized: "8f53eaf54c1ced36",
      samples: [(68826, 0.61414945), (45880, 0.4434475), (39245, 0.61912423)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_275434.jpg", stored: "d2ab254a0edff54b",
      resized: "eac3458d5a7f67ef",
      samples: [(69069, 0.599685), (61438, 0.17995761), (22383, 0.5921378)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_281007.jpg", stored: "ce6ff4e5b089284f",
      resized: "9a8e29acdf415f7b",
      samples: [(84566, 0.67397237), (72736, 0.5531403), (86628, 0.7185257)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_290107.jpg", stored: "090c003e8bbd74e9",
      resized: "127048765b2c4818",
      samples: [(710, 0.2525336), (35156, 0.48329347), (70927, 0.56301904)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_297341.jpg", stored: "f5df9f915777f97d",
      resized: "394ee16a1ef07cf6",
      samples: [(62511, 0.33953074), (49897, 0.5523104), (44033, 0.08887202)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_306480.jpg", stored: "b055d4c22f26a4c5",
      resized: "2ea3a10fc4eecb3e",
      samples: [(58933, 0.64872766), (49038, 0.5832973), (10833, 0.5661928)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_31166.jpg", stored: "a23e2fd1af6c83b9",
      resized: "eb2904aef7c6aacc",
      samples: [(89569, 0.44818), (36911, 0.26354736), (116173, 0.6620697)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_317949.jpg", stored: "609e31dddbdba332",
      resized: "1e4d058840f63b24",
      samples: [(41847, 0.67505825), (61464, 0.4145167), (20441, 0.43006268)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_321489.jpg", stored: "19ebe13cf9f85d23",
      resized: "cbbd5db3d5431525",
      samples: [(9731, 0.4490761), (52419, 0.34548077), (16244, 0.50117224)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_331983.jpg", stored: "17b39fbf280275ff",
      resized: "2fb047877e60bcec",
      samples: [(42710, 0.7330397), (50030, 0.8201837), (24283, 0.55431706)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_344604.jpg", stored: "b4e6dcd1ff56e47a",
      resized: "b5e7836514fdb51f",
      samples: [(58889, 0.22568372), (27715, 0.42563817), (80139, 0.27937844)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_3572.jpg", stored: "9933617bad6e8d3a",
      resized: "25542053e6126569",
      samples: [(79840, 0.25294808), (61148, 0.36535087), (114662, 0.24253446)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_37636.jpg", stored: "0e4f8389010b717d",
      resized: "e9601385088e0dd9",
      samples: [(2362, 0.47588035), (23459, 0.5429718), (28191, 0.4250241)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_51139.jpg", stored: "ad32bad8a07db357",
      resized: "24977f5e5805bc7d",
      samples: [(13142, 0.61141837), (18261, 0.5446777), (96660, 0.46320316)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_61380.jpg", stored: "0d3f734e69c9e1ed",
      resized: "cf77a230b0dc6c6f",
      samples: [(55212, 0.6025129), (135157, 0.37882215), (130972, 0.64213324)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_70558.jpg", stored: "45e0efb702537cee",
      resized: "dac0dd0fd1de984b",
      samples: [(39763, 0.5516623), (1733, 0.56403), (49139, 0.30902198)]),
    Tile(
      path: "MT_Free/Imgs/exp5_num_937.jpg", stored: "b1b13cab29516c03",
      resized: "651b452e7992e354",
      samples: [(7984, 0.6385234), (15987, 0.31569856), (57117, 0.5669286)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_106873.jpg", stored: "2572b0cc9a079944",
      resized: "2572b0cc9a079944",
      samples: [(20629, 0.6862745), (70500, 0.7764706), (77682, 0.8980392)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_116352.jpg", stored: "27e356fe2f922241",
      resized: "1944bc63429de74d",
      samples: [(59076, 0.7283233), (27748, 0.9358514), (7584, 0.88708764)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_128176.jpg", stored: "1c782f2e7def8fb3",
      resized: "6c1364aaf9e54c5c",
      samples: [(43504, 0.6669971), (5859, 0.47743464), (58921, 0.32556534)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_148035.jpg", stored: "09210b574f52379c",
      resized: "09c7966c65ef7216",
      samples: [(121179, 0.877865), (62950, 1.0), (53649, 0.8193327)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_166278.jpg", stored: "f575b6c661da835e",
      resized: "27fc075a464ed78a",
      samples: [(18641, 0.55634654), (74256, 0.5309591), (56208, 0.68843293)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_18258.jpg", stored: "35d4ce7b8c3449ed",
      resized: "6ed0fae2b6c43429",
      samples: [(71598, 0.62325275), (41063, 0.7183479), (10678, 0.71603364)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_195761.jpg", stored: "a6ca5e80f1f429ee",
      resized: "a65c91e84f82fa72",
      samples: [(41599, 0.85696954), (107653, 0.8131325), (78210, 0.88413817)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_245834.jpg", stored: "d45c6ebd5f97c7c8",
      resized: "a523183ed927c7e2",
      samples: [(40529, 0.6423828), (5045, 0.8198243), (60342, 0.546594)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_258043.jpg", stored: "2bdd6c77e097b0b0",
      resized: "f81fb79f3f59943c",
      samples: [(71905, 0.30947256), (20108, 0.83313125), (709, 0.40606707)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_262733.jpg", stored: "7f787241fc6e6ed9",
      resized: "adc856395b5efcfb",
      samples: [(47925, 0.5096605), (38757, 0.9525777), (44318, 0.3739558)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_2697.jpg", stored: "33d60ceadb48ab4a",
      resized: "81b254bb2e422570",
      samples: [(113565, 0.69252765), (30298, 0.76508385), (106261, 0.7076805)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_277095.jpg", stored: "a6ed87e9e70766d0",
      resized: "503dba93a4a288b1",
      samples: [(63312, 0.7326513), (82940, 0.61042553), (591, 0.6174261)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_283465.jpg", stored: "f0c7fec359ebc366",
      resized: "5e1b0df174261ed3",
      samples: [(49164, 0.34045258), (71229, 0.3089866), (43547, 0.41296288)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_293354.jpg", stored: "5289314e88952d88",
      resized: "608a1e68ab2b9550",
      samples: [(44464, 0.5013863), (16314, 0.53128326), (24000, 0.43497357)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_301599.jpg", stored: "a7c22d4ac6802560",
      resized: "f56d7ff5b347301b",
      samples: [(42068, 0.7349197), (61949, 0.8738616), (4414, 0.73899496)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_308897.jpg", stored: "13fc8c2b954f7422",
      resized: "770bb0629918a988",
      samples: [(31124, 0.6763139), (66870, 0.66516525), (63291, 0.9819343)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_315056.jpg", stored: "a1f3bbbea895affd",
      resized: "aee1a75c0dc10e19",
      samples: [(22332, 0.70222145), (46279, 0.58606225), (3286, 0.44639748)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_319512.jpg", stored: "97bf8b6d90d7ff1d",
      resized: "692d139c514eafff",
      samples: [(25631, 0.4981501), (64003, 0.323996), (36836, 0.5744992)]),
    Tile(
      path: "MT_Free/Imgs/exp6_num_326679.jpg", stored: "e1d345c8bd06d032",
      resized: "0722ccda30031380",
      samples: [(26239, 0.40723038), (17279, 0.4627961), (65555, 0.52525747)]),
  ]
}
