/**
 * Operators of ONNX Runtime with inputs that they take, one a line: `Name in… > out… attribute=value…`.
 * An input is `x:f[N,3]` (f32 d64 h16 i32 l64 b-ool u8 s8 t-ext; letters are open axes), with `=1` behind it a constant of ones
 * and with `={1,2}` one of these numbers; `_` leaves an input out. An output is `f` … or `_`. Attributes: `i:1`, `f:0.5`, `s:text`,
 * `ii:1,2`, `ff:1,2`, `ss:a,b`. Operators of other domains have it before a colon.
 */
const UNARY_FLOAT =
  'Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Hardmax Identity LeakyRelu Log LogSoftmax MeanVarianceNormalization Mish Neg Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Tan Tanh ThresholdedRelu LpNormalization Bernoulli RandomNormalLike RandomUniformLike com.microsoft:QuickGelu com.microsoft:FastGelu com.microsoft:Gelu';
const UNARY_IMAGE = 'GlobalAveragePool GlobalMaxPool GlobalLpPool';
const BINARY_FLOAT = 'Add Sub Mul Div Pow PRelu Max Min Mean Sum com.microsoft:BiasGelu';
const BINARY_WHOLE = 'Add Sub Mul Div Mod Pow Max Min';
const COMPARISONS = 'Equal Greater GreaterOrEqual Less LessOrEqual';
const LOGIC = 'And Or Xor';
const REDUCTIONS =
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare';
const BITS = 'BitwiseAnd BitwiseOr BitwiseXor';
const WINDOWS = 'BlackmanWindow HammingWindow HannWindow';

const OTHERS = `
Size x:f[N,C] > l
Shape x:f[N,C] > l
NonZero x:f[N,C] > l
IsInf x:f[N,C] > b
IsNaN x:f[N,C] > b
Not x:b[N,C] > b
BitwiseNot x:i[N,C] > i
BitShift x:u[N,C] y:u[N,C] > u direction=s:LEFT
Clip x:f[N,C] lo:f[] hi:f[] > f
Clip x:i[N,C] lo:i[] hi:i[] > i
Cast x:f[N,C] > i to=i:6
Cast x:f[N,C] > l to=i:7
Cast x:f[N,C] > u to=i:2
Cast x:f[N,C] > t to=i:8
Cast x:t[N,C] > f to=i:1
CastLike x:f[N,C] y:i[N,C] > i
Dropout x:f[N,C] > f
Flatten x:f[N,C,D] > f axis=i:1
Transpose x:f[N,C] > f
Trilu x:f[N,C] k:l[] > f
Concat x:f[N,C] y:f[N,C] > f axis=i:0
Split x:f[N,C] s:l[K] > f _ axis=i:0
Split x:f[N,C] s:l[2]={1,1} > f f axis=i:1
Split x:f[N,C] > f f num_outputs=i:2 axis=i:0
Slice x:f[N,C] a:l[K] b:l[K] > f
Slice x:f[N,C] a:l[K] b:l[K] c:l[K] d:l[K] > f
Gather x:f[N,C] i:l[K] > f
Gather x:f[N,C] i:i[K] > f axis=i:1
GatherElements x:f[N,C] i:l[N,C] > f
GatherND x:f[N,C] i:l[K,1] > f
Scatter x:f[N,C] i:l[N,C] u:f[N,C] > f
ScatterElements x:f[N,C] i:l[N,C] u:f[N,C] > f
ScatterND x:f[N,C] i:l[K,1] u:f[K,C] > f
Reshape x:f[N,C] s:l[K] > f
Squeeze x:f[N,C] a:l[K] > f
Unsqueeze x:f[N,C] a:l[K] > f
Expand x:f[N,C] s:l[K] > f
Tile x:f[N,C] r:l[2] > f
Pad x:f[N,C] p:l[4] > f
Pad x:f[N,C] p:l[4] > f mode=s:reflect
Pad x:f[N,C] p:l[4] > f mode=s:edge
Pad x:f[N,C] p:l[4] > f mode=s:wrap
Resize x:f[N,C,H,W] _ s:f[4] > f
Resize x:f[N,C,H,W] _ _ s:l[4] > f mode=s:linear
Resize x:f[N,C,H,W] _ _ s:l[4] > f mode=s:cubic
DepthToSpace x:f[N,4,H,W] > f blocksize=i:2
SpaceToDepth x:f[N,C,H,W] > f blocksize=i:2
Compress x:f[N,C] k:b[K] > f axis=i:0
Where k:b[N,C] x:f[N,C] y:f[N,C] > f
OneHot i:l[N] d:l[] v:f[2] > f
Range a:l[] b:l[] c:l[] > l
Range a:f[] b:f[] c:f[] > f
ConstantOfShape s:l[K] > f
EyeLike x:f[N,C] > f
Unique x:f[N,C] > f
Unique x:f[N,C] > f axis=i:0
Unique x:l[N,C] > l axis=i:1
ReverseSequence x:f[T,N] l:l[N] > f
CenterCropPad x:f[N,C] s:l[2] > f
Col2Im x:f[N,C,L] a:l[2] b:l[2] > f
NonMaxSuppression x:f[N,K,4] s:f[N,C,K] m:l[] i:f[] t:f[] > l
RoiAlign x:f[N,C,H,W] r:f[K,4] b:l[K] > f output_height=i:2 output_width=i:2
MaxRoiPool x:f[N,C,H,W] r:f[K,5] > f pooled_shape=ii:2,2
MaxUnpool x:f[N,C,H,W] i:l[N,C,H,W] > f kernel_shape=ii:2,2
MaxUnpool x:f[N,C,H,W] i:l[N,C,H,W] s:l[4] > f kernel_shape=ii:2,2
GridSample x:f[N,C,H,W] g:f[N,A,B,2] > f
AffineGrid x:f[N,2,3] s:l[4] > f
Upsample x:f[N,C,H,W] s:f[4] > f
ArgMax x:f[N,C] > l axis=i:1
ArgMin x:f[N,C] > l axis=i:0
CumSum x:f[N,C] a:i[] > f
TopK x:f[N,C] k:l[1] > f l
TopK x:f[N,C] k:l[1]={1} > f l axis=i:0
TopK x:f[N,C] k:l[1]={1} > f l
MatMul x:f[N,C] y:f[C,D] > f
MatMul x:l[N,C] y:l[C,D] > l
Gemm x:f[N,C] y:f[C,D] z:f[D] > f
Einsum x:f[N,C] y:f[C,D] > f equation=s:ij,jk->ik
MatMulInteger x:u[N,C] y:u[C,D] > i
QLinearMatMul x:u[N,C] a:f[] b:u[] y:u[C,D] c:f[] d:u[] e:f[] f:u[] > u
Conv x:f[N,2,H,W] w:f[3,2,2,2]=1 > f
Conv x:f[N,C,L] w:f[D,C,K] > f
ConvTranspose x:f[N,2,H,W] w:f[2,3,2,2]=1 > f
ConvTranspose x:f[N,C,L] w:f[C,D,K] > f
ConvInteger x:u[N,2,H,W] w:u[3,2,2,2]=1 > i
QLinearConv x:u[N,2,H,W] a:f[] b:u[] w:u[3,2,2,2]=1 c:f[] d:u[] e:f[] f:u[] > u
DeformConv x:f[N,2,H,W] w:f[3,2,2,2]=1 o:f[N,8,A,B] > f
AveragePool x:f[N,C,H,W] > f kernel_shape=ii:2,2
MaxPool x:f[N,C,H,W] > f kernel_shape=ii:2,2
MaxPool x:f[N,C,H,W] > f l kernel_shape=ii:2,2 strides=ii:2,2
LpPool x:f[N,C,H,W] > f kernel_shape=ii:2,2
BatchNormalization x:f[N,C,H] s:f[C] b:f[C] m:f[C] v:f[C] > f
InstanceNormalization x:f[N,C,H] s:f[C] b:f[C] > f
InstanceNormalization x:f[N,2,H] s:f[2]=1 b:f[2]=1 > f
LayerNormalization x:f[N,C] s:f[C] > f
LayerNormalization x:f[N,C,D] s:f[D] b:f[D] > f f f axis=i:2
RNN x:f[T,N,C] w:f[1,D,C] r:f[1,D,D] > f hidden_size=i:2
GRU x:f[T,N,2] w:f[1,9,2]=1 r:f[1,9,3]=1 > f hidden_size=i:3 direction=s:reverse
GroupNormalization x:f[N,C,H] s:f[C] b:f[C] > f num_groups=i:2
GroupNormalization x:f[N,4,H] s:f[4]=1 b:f[4]=1 > f num_groups=i:2
LRN x:f[N,C,H,W] > f size=i:3
RNN x:f[T,N,2] w:f[1,3,2]=1 r:f[1,3,3]=1 > f hidden_size=i:3
GRU x:f[T,N,2] w:f[1,9,2]=1 r:f[1,9,3]=1 > f hidden_size=i:3
LSTM x:f[T,N,2] w:f[1,12,2]=1 r:f[1,12,3]=1 > f hidden_size=i:3
LSTM x:f[T,N,2] w:f[1,12,2]=1 r:f[1,12,3]=1 _ l:i[N] > f hidden_size=i:3
QuantizeLinear x:f[N,C] s:f[] z:u[] > u
DequantizeLinear x:u[N,C] s:f[] z:u[] > f
DynamicQuantizeLinear x:f[N,C] > u f u
RandomNormal > f shape=ii:2,2
RandomUniform > f shape=ii:2,2
Multinomial x:f[N,C] > i sample_size=i:2
DFT x:f[N,L,1] _ a:l[]={1} > f
DFT x:f[N,L,1] l:l[] > f
STFT x:f[N,L,1] s:l[] w:f[W] > f
STFT x:f[N,L,1] s:l[] w:f[W] l:l[] > f
MelWeightMatrix a:l[] b:l[] c:l[] d:f[] e:f[] > f
NegativeLogLikelihoodLoss x:f[N,C] t:l[N] > f
SoftmaxCrossEntropyLoss x:f[N,C] t:l[N] > f
Det x:f[N,K,K] > f
StringConcat x:t[N] y:t[N] > t
StringSplit x:t[N] > t l
StringNormalizer x:t[N] > t case_change_action=s:LOWER
RegexFullMatch x:t[N] > b pattern=s:a+
TfIdfVectorizer x:l[N,C] > f mode=s:TF min_gram_length=i:1 max_gram_length=i:1 max_skip_count=i:0 ngram_counts=ii:0 ngram_indexes=ii:0,1 pool_int64s=ii:2,3
com.microsoft:FusedMatMul x:f[N,C] y:f[C,D] > f
com.microsoft:FusedGemm x:f[N,C] y:f[C,D] z:f[D] > f activation=s:Relu
com.microsoft:FusedConv x:f[N,2,H,W] w:f[3,2,2,2]=1 > f activation=s:Relu
com.microsoft:TransposeMatMul x:f[N,C] y:f[C,D] > f
com.microsoft:MatMulInteger16 x:w[N,C] y:w[C,D] > i
com.microsoft:MatMulIntegerToFloat x:u[N,C] y:u[C,D] a:f[1] b:f[1] > f
com.microsoft:DynamicQuantizeMatMul x:f[N,C] y:u[C,D] s:f[1] > f
com.microsoft:DynamicQuantizeLSTM x:f[T,N,5] w:u[1,5,16]=1 r:u[1,4,16]=1 _ _ _ _ _ a:f[1]=1 b:u[1]=1 c:f[1]=1 d:u[1]=1 > f hidden_size=i:4
com.microsoft:QLinearAdd x:u[N,C] a:f[] b:u[] y:u[N,C] c:f[] d:u[] e:f[] f:u[] > u
com.microsoft:QLinearMul x:u[N,C] a:f[] b:u[] y:u[N,C] c:f[] d:u[] e:f[] f:u[] > u
com.microsoft:QLinearSigmoid x:u[N,C] a:f[] b:u[] c:f[] d:u[] > u
com.microsoft:QLinearLeakyRelu x:u[N,C] a:f[] b:u[] c:f[] d:u[] > u
com.microsoft:QLinearSoftmax x:u[N,C] a:f[]=1 b:u[]=1 c:f[]=1 d:u[]=1 > u opset=i:13 axis=i:1
com.microsoft:QLinearWhere k:b[N,C] x:u[N,C] a:f[] b:u[] y:u[N,C] c:f[] d:u[] e:f[] f:u[] > u
com.microsoft:QLinearAveragePool x:u[N,C,H,W] a:f[] b:u[] c:f[] d:u[] > u kernel_shape=ii:2,2
com.microsoft:QLinearGlobalAveragePool x:u[N,C,H,W] a:f[] b:u[] c:f[] d:u[] > u
com.microsoft:QLinearConcat a:f[] b:u[] x:u[N,C] c:f[] d:u[] > u axis=i:0
com.microsoft:QGemm x:u[N,C] a:f[] b:u[] y:u[C,D] c:f[] d:u[] > f
com.microsoft:QAttention x:u[N,S,4] w:u[4,12]=1 b:f[12]=1 a:f[]=1 c:f[]=1 m:i[N] d:u[]=1 e:u[]=1 > f num_heads=i:2
com.microsoft:Attention x:f[N,S,4] w:f[4,12]=1 b:f[12]=1 > f num_heads=i:2
com.microsoft:MultiHeadAttention q:f[N,S,4] k:f[N,K,4] v:f[N,K,4] > f num_heads=i:2
com.microsoft:MultiHeadAttention q:f[N,S,D] k:f[N,K,D] v:f[N,K,D] > f num_heads=i:2
com.microsoft:MultiHeadAttention q:f[N,S,D] k:f[N,K,D] v:f[N,K,E] > f num_heads=i:1
com.microsoft:Attention x:f[N,S,D] w:f[D,E] b:f[E] > f num_heads=i:2
com.microsoft:DecoderMaskedMultiHeadAttention q:f[N,1,4] k:f[N,1,4] v:f[N,1,4] > f num_heads=i:2
com.microsoft:GroupQueryAttention q:f[N,S,16] k:f[N,S,16] v:f[N,S,16] pk:f[N,2,P,8] pv:f[N,2,P,8] s:i[N] t:i[] > f f f num_heads=i:2 kv_num_heads=i:2
com.microsoft:RotaryEmbedding x:f[N,S,8] p:l[N,S] c:f[M,4] s:f[M,4] > f num_heads=i:1
com.microsoft:EmbedLayerNormalization i:i[N,S] s:i[N,S] w:f[10,4]=1 p:f[10,4]=1 g:f[2,4]=1 a:f[4]=1 b:f[4]=1 > f i
com.microsoft:SkipLayerNormalization x:f[N,S,4] y:f[N,S,4] g:f[4]=1 > f
SimplifiedLayerNormalization x:f[N,C] s:f[C] > f
com.microsoft:SkipSimplifiedLayerNormalization x:f[N,S,4] y:f[N,S,4] g:f[4]=1 > f
com.microsoft:Inverse x:f[N,K,K] > f
com.microsoft:Trilu x:f[N,C] k:l[] > f
com.microsoft:Unique x:f[N] > f l l
com.microsoft:Tokenizer x:t[N] > t mark=i:0 pad_value=s:# mincharnum=i:1 separators=ss:a,b
com.microsoft:WordConvEmbedding x:i[N,W] w:f[1,2]=1 b:f[3,1,2,2]=1 c:f[20,2]=1 > f embedding_size=i:3 conv_window_size=i:2 char_embedding_size=i:2
com.microsoft:ExpandDims x:f[N,C] a:i[] > f
com.microsoft:GatherND x:f[N,C] i:l[K,1] > f
com.microsoft:CropAndResize x:f[N,C,H,W] r:f[K,4] b:i[K] s:i[2] > f
com.microsoft:MaxpoolWithMask x:f[N,C,H,W] m:i[N,C,H,W] > f kernel_shape=ii:2,2
com.microsoft:Pad x:f[N,C] p:l[4] > f
com.microsoft:Range a:l[] b:l[] c:l[] > l
com.microsoft:NGramRepeatBlock i:l[N,S] s:f[N,V] > f ngram_size=i:2
com.microsoft:BifurcationDetector s:l[S] c:l[C] n:l[] p:l[P] > l l
com.microsoft:CDist x:f[N,C] y:f[M,C] > f metric=s:euclidean
com.microsoft:SampleOp x:f[N,C] > f
com.microsoft:MurmurHash3 x:i[N] > i positive=i:0
com.microsoft:GridSample x:f[N,C,H,W] g:f[N,A,B,2] > f
com.microsoft:NhwcMaxPool x:u[N,H,W,C] > u kernel_shape=ii:2,2
com.microsoft:ConvTransposeWithDynamicPads x:f[N,2,H,W] w:f[2,3,2,2]=1 p:l[4] > f
com.microsoft:QuantizeLinear x:f[N,C] s:f[] z:u[] > u
com.microsoft:DequantizeLinear x:u[N,C] s:f[] z:u[] > f
com.microsoft:MatMulNBits x:f[N,32] w:u[4,1,16]=1 s:f[4]=1 > f K=i:32 N=i:4 bits=i:4 block_size=i:32
com.microsoft:GatherBlockQuantized x:u[10,16]=1 i:l[K] s:f[10,1]=1 > f block_size=i:16 bits=i:8
com.microsoft:DynamicTimeWarping x:f[N,M] > i
com.microsoft:UnfoldTensor x:f[N,C] > f dim=i:1 size=i:2 step=i:1
com.microsoft:QLinearConv x:u[N,2,H,W] a:f[]=1 b:u[]=1 w:u[3,2,2,2]=1 c:f[]=1 d:u[]=1 e:f[]=1 f:u[]=1 > u
Affine x:f[N,C] > f alpha=f:2 beta=f:1
ParametricSoftplus x:f[N,C] > f alpha=f:1 beta=f:1
ScaledTanh x:f[N,C] > f alpha=f:1 beta=f:1
ImageScaler x:f[N,1,H,W] > f scale=f:2 bias=ff:1
Crop x:f[N,C,H,W] > f border=ii:0,0,0,0
Swish x:f[N,C] > f
RMSNormalization x:f[N,C] s:f[C] > f
RotaryEmbedding x:f[N,2,S,8] c:f[N,S,4] s:f[N,S,4] > f
TensorScatter x:f[N,C,S] y:f[N,C,1] > f
Attention q:f[N,2,S,4] k:f[N,2,K,4] v:f[N,2,K,4] > f
ai.onnx.ml:ArrayFeatureExtractor x:f[N,C] i:l[K] > f
ai.onnx.ml:Binarizer x:f[N,C] > f threshold=f:0.5
ai.onnx.ml:CategoryMapper x:l[N] > t cats_int64s=ii:0,1 cats_strings=ss:a,b
ai.onnx.ml:FeatureVectorizer x:f[N,2] y:f[N,3] > f inputdimensions=ii:2,3
ai.onnx.ml:Imputer x:f[N,C] > f imputed_value_floats=ff:1 replaced_value_float=f:0
ai.onnx.ml:LabelEncoder x:l[N] > t keys_int64s=ii:0,1 values_strings=ss:a,b
ai.onnx.ml:LinearClassifier x:f[N,2] > l f coefficients=ff:1,2,3,4 intercepts=ff:0,1 classlabels_ints=ii:0,1 multi_class=i:0
ai.onnx.ml:LinearRegressor x:f[N,2] > f coefficients=ff:1,2 intercepts=ff:1 targets=i:1
ai.onnx.ml:Normalizer x:f[N,C] > f norm=s:L2
ai.onnx.ml:OneHotEncoder x:l[N] > f cats_int64s=ii:0,1,2
ai.onnx.ml:Scaler x:f[N,2] > f offset=ff:1,2 scale=ff:1,2
ai.onnx.ml:SVMRegressor x:f[N,2] > f coefficients=ff:1,2 kernel_params=ff:1,0,1 kernel_type=s:RBF n_supports=i:2 rho=ff:0.5 support_vectors=ff:1,2,3,4
ai.onnx.ml:SVMClassifier x:f[N,2] > l f coefficients=ff:1,2 kernel_params=ff:1,0,1 kernel_type=s:RBF rho=ff:0.5 support_vectors=ff:1,2,3,4 vectors_per_class=ii:1,1 classlabels_ints=ii:0,1
ai.onnx.ml:TreeEnsembleRegressor x:f[N,2] > f n_targets=i:1 nodes_falsenodeids=ii:2,0,0 nodes_featureids=ii:0,0,0 nodes_modes=ss:BRANCH_LEQ,LEAF,LEAF nodes_nodeids=ii:0,1,2 nodes_treeids=ii:0,0,0 nodes_truenodeids=ii:1,0,0 nodes_values=ff:0.5,0,0 target_ids=ii:0,0 target_nodeids=ii:1,2 target_treeids=ii:0,0 target_weights=ff:1,2
ai.onnx.ml:TreeEnsembleClassifier x:f[N,2] > l f class_ids=ii:0,1 class_nodeids=ii:1,2 class_treeids=ii:0,0 class_weights=ff:1,1 classlabels_int64s=ii:0,1 nodes_falsenodeids=ii:2,0,0 nodes_featureids=ii:0,0,0 nodes_modes=ss:BRANCH_LEQ,LEAF,LEAF nodes_nodeids=ii:0,1,2 nodes_treeids=ii:0,0,0 nodes_truenodeids=ii:1,0,0 nodes_values=ff:0.5,0,0
`;

const each = (names: string, rest: string): string[] => names.split(' ').map((name) => `${name} ${rest}`);

/** All lines of the table. */
export const OPERATOR_LINES: readonly string[] = [
  ...each(UNARY_FLOAT, 'x:f[N,C] > f'),
  ...each(UNARY_IMAGE, 'x:f[N,C,H,W] > f'),
  ...each(BINARY_FLOAT, 'x:f[N,C] y:f[C] > f'),
  ...each(BINARY_WHOLE, 'x:i[N,C] y:i[N,C] > i'),
  ...each(BINARY_WHOLE, 'x:l[N,C] y:l[N,C] > l'),
  ...each(COMPARISONS, 'x:f[N,C] y:f[C] > b'),
  ...each(LOGIC, 'x:b[N,C] y:b[C] > b'),
  ...each(REDUCTIONS, 'x:f[N,C] a:l[1]={1} > f'),
  ...each(REDUCTIONS, 'x:f[N,C] a:l[K] > f'),
  ...each(REDUCTIONS.replaceAll(/ReduceLog\w+ ?/g, '').trim(), 'x:i[N,C] a:l[1]={0} > i'),
  ...each(BITS, 'x:i[N,C] y:i[N,C] > i'),
  ...each(WINDOWS, 'n:l[] > f'),
  ...OTHERS.trim().split('\n'),
];
