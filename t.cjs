let t=Date.now();const lap=n=>{console.log(n,Date.now()-t);t=Date.now()};
require('cdk8s');lap('cdk8s');require('cdk8s-plus-27/lib/imports/k8s');lap('k8s');require('cdk8s-plus-27');lap('plus');require('zod');lap('zod');require('yaml');lap('yaml');
